package tfinstall

// builds is the table of what can be installed. Digests and sizes are those that
// the index states for the files; every file was fetched once and compared. Those
// of NVIDIA are the ones that the `and-cuda` extra in the metadata of the GPU wheel
// pins.
//
// All TensorFlow wheels are those for CPython 3.11; the C library in them does
// not depend on the Python version.
func builds() []Build {
	const cp311 = "-cp311-cp311-"
	return []Build{
		{
			Target:    Target{"linux", "amd64", "cpu"},
			Platform:  "manylinux2014_x86_64",
			Library:   "libtensorflow_cc.so.2",
			Framework: "libtensorflow_framework.so.2",
			Unpacked:  684e6,
			Wheels: []Wheel{{
				Project: "tensorflow-cpu", Version: Version,
				File:   "tensorflow_cpu-" + Version + cp311 + "manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
				Size:   230236181,
				SHA256: "810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298",
			}},
		},
		{
			Target:    Target{"linux", "amd64", "gpu"},
			Platform:  "manylinux2014_x86_64",
			Library:   "libtensorflow_cc.so.2",
			Framework: "libtensorflow_framework.so.2",
			Unpacked:  3900e6,
			Untested:  true,
			Wheels: append([]Wheel{{
				Project: "tensorflow", Version: Version,
				File:   "tensorflow-" + Version + cp311 + "manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
				Size:   615510377,
				SHA256: "c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828",
			}}, nvidia()...),
		},
		{
			Target:    Target{"linux", "arm64", "cpu"},
			Platform:  "manylinux2014_aarch64",
			Library:   "libtensorflow_cc.so.2",
			Framework: "libtensorflow_framework.so.2",
			Unpacked:  767e6,
			Untested:  true,
			Wheels: []Wheel{{
				Project: "tensorflow", Version: Version,
				File:   "tensorflow-" + Version + cp311 + "manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
				Size:   231937898,
				SHA256: "8a6485edd2148f70d011dbd1d8dc2c775e91774a5a159466e83d0d1f21580944",
			}},
		},
		{
			Target:    Target{"darwin", "arm64", "cpu"},
			Platform:  "macosx_12_0_arm64",
			Library:   "libtensorflow_cc.2.dylib",
			Framework: "libtensorflow_framework.2.dylib",
			Unpacked:  656e6,
			Untested:  true,
			Wheels: []Wheel{{
				Project: "tensorflow", Version: Version,
				File:   "tensorflow-" + Version + cp311 + "macosx_12_0_arm64.whl",
				Size:   239549037,
				SHA256: "661029cd769b311db910b79a3a6ef50a5a61ecc947172228c777a49989722508",
			}},
		},
	}
}

// nvidia lists the CUDA 12.5 libraries that the GPU wheel looks for in
// ../nvidia/*/lib beside itself.
func nvidia() []Wheel {
	const tail = "-py3-none-manylinux2014_x86_64.whl"
	var ws []Wheel
	for _, p := range []struct{ name, version, sha256 string }{
		{"cublas", "12.5.3.2", "ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b"},
		{"cuda_cupti", "12.5.82", "bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953"},
		{"cuda_nvcc", "12.5.82", "b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0"},
		{"cuda_nvrtc", "12.5.82", "3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd"},
		{"cuda_runtime", "12.5.82", "3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115"},
		{"cudnn", "9.3.0.75", "9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d"},
		{"cufft", "11.2.3.61", "9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8"},
		{"curand", "10.3.6.82", "2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536"},
		{"cusolver", "11.6.3.83", "93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b"},
		{"cusparse", "12.5.1.3", "016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752"},
		{"nccl", "2.21.5", "8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0"},
		{"nvjitlink", "12.5.82", "f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212"},
	} {
		name := "nvidia_" + p.name + "_cu12"
		ws = append(ws, Wheel{
			Project: name, Version: p.version,
			File: name + "-" + p.version + tail, SHA256: p.sha256,
		})
	}
	return ws
}
