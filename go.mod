module github.com/gosight/vision

go 1.26.0

require github.com/wamuir/graft v0.10.0

require google.golang.org/protobuf v1.36.12

require (
	github.com/agnivade/levenshtein v1.2.2
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/schollz/progressbar/v3 v3.19.1
	golang.org/x/term v0.47.0
	golang.org/x/text v0.43.0
)

require (
	github.com/x448/float16 v0.8.4
	golang.org/x/image v0.47.0
	golang.org/x/sys v0.49.0
)

require gonum.org/v1/gonum v0.17.0
