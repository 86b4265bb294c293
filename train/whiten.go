package train

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session"
)

const (
	whitenPictures = 5000
	whitenFloor    = 0.02 // added to the eigenvalues: below it lies what JPEG files have at the finest scale, mostly rounding
)

// whiten gives the first layer of a net that has one for it the filters that whiten patches of 2x2 pixels of the
// training part: the eigenvectors of their covariance, each by the root of its eigenvalue, and the negatives of all.
func (r *run) whiten() error {
	if !r.net.Whitens {
		return nil
	}
	cov, err := patchCovariance(r.net, r.train, r.Size)
	if err != nil {
		return err
	}
	kernel, err := whitening(cov)
	if err != nil {
		return err
	}
	planes := int64(r.net.Planes())
	feed := map[string]session.Tensor{nets.Whitening: {Shape: []int64{2, 2, planes, 8 * planes}, Data: kernel}}
	_, err = r.program.Run(feed, nil, []string{nets.Whiten})
	return err
}

// patchCovariance is that of the values of 2x2 pixels, as the net is fed them, rows then columns then channels, about
// their mean. Pictures are taken evenly from all, since sets are often in the order of their classes. Those that are
// kept whole, for crops, are looked at as they are kept.
func patchCovariance(net *nets.Net, p *pictures, size int) (*mat.SymDense, error) {
	planes := net.Planes()
	n := 4 * planes
	sum, prod := make([]float64, n), make([]float64, n*n)
	patch, row := make([]float64, n), make([]byte, p.row)
	count, take := 0.0, min(p.len(), whitenPictures)
	for i := range take {
		if err := p.read(row, i*p.len()/take); err != nil {
			return nil, err
		}
		w, h := size, size
		if p.kept != nil {
			w, h = int(p.kept[i*p.len()/take].w), int(p.kept[i*p.len()/take].h)
		}
		for y := range h - 1 {
			for x := range w - 1 {
				for k := range n {
					v := float64(row[((y+k/(2*planes))*w+x+k/planes%2)*planes+k%planes])
					patch[k] = net.Fed(v, k%planes)
				}
				for a, v := range patch {
					sum[a] += v
					for b := a; b < n; b++ {
						prod[a*n+b] += v * patch[b]
					}
				}
				count++
			}
		}
	}
	if count == 0 {
		return nil, badData("want pictures of at least 2x2 pixels to whiten, got none")
	}
	cov := mat.NewSymDense(n, nil)
	for a := range n {
		for b := a; b < n; b++ {
			cov.SetSym(a, b, prod[a*n+b]/count-sum[a]/count*sum[b]/count)
		}
	}
	return cov, nil
}

// whitening returns the filters, [n, 2n].
func whitening(cov *mat.SymDense) ([]float32, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(cov, true) {
		return nil, &fault.FormatError{Format: "training data", Reason: "the colours of its pictures have no eigenvectors"}
	}
	n := cov.SymmetricDim()
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	kernel := make([]float32, n*2*n)
	for j, v := range values {
		scale := 1 / math.Sqrt(max(v, 0)+whitenFloor)
		sign := 1.0 // an eigenvector has two signs; the net is given the same one everywhere
		for i := range n {
			if e := vectors.At(i, j); math.Abs(e) > 1e-9 {
				sign = math.Copysign(1, e)
				break
			}
		}
		for i := range n {
			e := float32(sign * vectors.At(i, j) * scale)
			kernel[i*2*n+j], kernel[i*2*n+n+j] = e, -e
		}
	}
	return kernel, nil
}
