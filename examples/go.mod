module github.com/gosight/vision/examples

go 1.26.0

require github.com/gosight/vision v0.0.0

require (
	github.com/wamuir/graft v0.10.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/image v0.47.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/gosight/vision => ..
