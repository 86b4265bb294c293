module github.com/gosight/vision/bench

go 1.26.0

replace github.com/gosight/vision => ..

require (
	github.com/disintegration/imaging v1.6.2
	github.com/gosight/vision v0.0.0
	github.com/wamuir/graft v0.10.0
	github.com/yalue/onnxruntime_go v1.27.0
	golang.org/x/image v0.47.0
)

require (
	github.com/agnivade/levenshtein v1.2.2 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
