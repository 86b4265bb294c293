package recognize

import (
	"context"
	"image"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/session"
)

// Embed returns the features of one picture that the network computes before its
// classification head, as they are: not normalised. Pictures that look alike have
// features with a small angle between them. Features over an area, before a
// convolutional head, are averaged over it.
//
// The features are found in the frozen graph, or named by the card's
// output.features; where neither says, the error is a *vision.ModelError.
func (m *Model) Embed(ctx context.Context, img image.Image) ([]float32, error) {
	fetch, channelsLast, err := m.featureTensor()
	if err != nil {
		return nil, err
	}
	outs, _, err := m.engine.Run(ctx, img, fetch)
	if err != nil {
		return nil, err
	}
	return pool(outs[0], channelsLast)
}

// EmbedAll is Embed for many pictures, batched, with errors as of ClassifyAll.
func (m *Model) EmbedAll(ctx context.Context, imgs []image.Image) ([][]float32, error) {
	out, errs := batch.All(ctx, imgs, m.engine.InFlight(), m.Embed)
	return out, fault.Batch(errs)
}

// featureTensor returns the tensor to fetch and whether its channels are the last
// dimension.
func (m *Model) featureTensor() (fetch string, channelsLast bool, err error) {
	if f := m.engine.Card.Output.Features; f != "" {
		return f, m.engine.Card.Input.Layout != "NCHW", nil
	}
	fetch, dims, err := m.engine.Features(m.head.Output)
	if err != nil {
		return "", false, err
	}
	return fetch, len(dims) != 4 || dims[3] >= 0, nil
}

// pool averages features over their area. t has shape [F], [h, w, F] or [F, h, w].
func pool(t session.Tensor, channelsLast bool) ([]float32, error) {
	v, err := t.Floats()
	if err != nil || len(t.Shape) != 3 {
		return v, err
	}
	f, area := int(t.Shape[2]), int(t.Shape[0]*t.Shape[1])
	step, stride := 1, f // to the next feature, to the next place
	if !channelsLast {
		f, area = int(t.Shape[0]), int(t.Shape[1]*t.Shape[2])
		step, stride = area, 1
	}
	out := make([]float32, f)
	for i := range out {
		var sum float64
		for a := range area {
			sum += float64(v[i*step+a*stride])
		}
		out[i] = float32(sum / float64(max(area, 1)))
	}
	return out, nil
}
