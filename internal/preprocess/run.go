package preprocess

import (
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

type state struct{}

func (p *Plan) Float32(dst []float32, src *raster.Image, w, h int, sx, sy float64) (geom.Map, error) {
	return geom.Identity, &fault.UnsupportedError{Reason: "preprocess is being written"}
}

func (p *Plan) Uint8(dst []uint8, src *raster.Image, w, h int, sx, sy float64) (geom.Map, error) {
	return geom.Identity, &fault.UnsupportedError{Reason: "preprocess is being written"}
}
