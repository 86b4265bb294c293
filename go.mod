module github.com/gosight/vision

go 1.26.0

require github.com/wamuir/graft v0.10.0

require google.golang.org/protobuf v1.36.12

require (
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/image v0.47.0
	golang.org/x/sys v0.49.0 // indirect
)
