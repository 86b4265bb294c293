package session

// #include <malloc.h>
//
// #ifdef __GLIBC__
// static void keep_pages(void) {
//   mallopt(M_MMAP_THRESHOLD, 32 << 20);
//   mallopt(M_TRIM_THRESHOLD, 512 << 20);
//   mallopt(M_TOP_PAD, 64 << 20);
// }
// static void trim_heap(void) { malloc_trim(0); }
// #else
// static void keep_pages(void) {}
// static void trim_heap(void) {}
// #endif
import "C"

// keepPages has the C library keep freed memory for the next run instead of giving
// it back at once: the intermediate tensors of a batch come and go by tens of megabytes, and
// page faults were a quarter of MobileNetV2's time at batch 8. It belongs to the process, as
// TensorFlow's threads do; Go's own memory is not touched. The first threshold is the largest that
// glibc takes.
func keepPages() { C.keep_pages() }

// trim gives back what opening a model took.
func trim() { C.trim_heap() }
