module github.com/gosight/vision

go 1.26.0

require github.com/wamuir/graft v0.10.0
