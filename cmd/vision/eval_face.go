package main

import (
	"context"
	"image"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/face"
)

func evalFaceCommand() *command {
	c := newCommand("eval face", "", "measure face embeddings on pairs of pictures")
	c.more = `SET is lfw:DIR or a folder: with LFW's pairs.txt, and the pictures in images, images.tar.gz or beside it, called Name_0001.jpg.

Of each picture the largest face is embedded; where none is found, the whole picture is, as if it were the face, and that is counted. It tells
accuracy, the threshold, and how many pairs of one person are accepted at a false accept rate of 0.001, by the LFW protocol. ` + evalHelp
	m := addModelPairFlags(c.flags, "detector", "embedder")
	e := newEvaluation(c)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := e.check(args); err != nil {
			return err
		}
		dirs, opts, err := m.folders(2)
		if err != nil {
			return err
		}
		pairs, err := lfwSet(e.data)
		if err != nil {
			return err
		}
		model, err := openModels(ctx, dirs[:], func() (*face.Model, error) { return face.Open(dirs[0], dirs[1], opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		var whole atomic.Int64
		one := func(ctx context.Context, img image.Image) ([]float32, error) {
			faces, err := model.Find(ctx, img)
			if err != nil {
				return nil, err
			}
			if f, ok := faces.Largest(); ok {
				return f.Embedding.Vector, nil
			}
			whole.Add(1)
			v, err := model.EmbedAligned(ctx, img)
			return v.Vector, err
		}
		progress, done := e.progress(a, pairs.Len())
		r, err := eval.Verification(ctx, pairs, eval.Each(4*runtime.GOMAXPROCS(0), one), progress)
		if done(); err != nil {
			return evalError(err)
		}
		result := struct {
			*eval.VerificationResult
			WithoutFace int64 `json:"without_face"` // pictures that were embedded whole
		}{r, whole.Load()}
		return e.end(a, m.model, result, r.Scope, faceTable(r, whole.Load()))
	}
	return c
}

// faceTable is an embedder's result for people.
func faceTable(r *eval.VerificationResult, whole int64) [][]string {
	table := [][]string{
		{"without a face", strconv.FormatInt(whole, 10)},
		{"pairs", strconv.Itoa(r.Pairs)},
		{"pairs left out", strconv.Itoa(r.PairsLeftOut)},
		{"accuracy", fraction(r.Accuracy) + " +- " + fraction(r.AccuracyStd)},
		{"threshold, squared L2", fraction(r.Threshold)},
		{"threshold, cosine distance", fraction(r.Threshold / 2)},
		{"accepted at FAR 0.001", fraction(r.VAL) + " +- " + fraction(r.VALStd)},
	}
	for i, f := range r.Folds {
		table = append(table, []string{"accuracy of fold " + strconv.Itoa(i+1), fraction(f.Accuracy)})
	}
	return table
}
