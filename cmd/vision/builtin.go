package main

import (
	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// builtIn opens the model that is used where none is named.
func builtIn([]vision.Option) (*recognize.Model, error) {
	return nil, usagef("-model is needed: no model is built in")
}
