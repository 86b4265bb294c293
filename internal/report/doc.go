// Package report makes what people look at while a net is trained and after it was measured: event files for
// TensorBoard, curves, the matrix of confusion, and a sheet of the most confused pictures. Pictures are PNG.
//
// Letters are those of the fonts that come with the module: Latin, Greek and Cyrillic; others are boxes.
package report
