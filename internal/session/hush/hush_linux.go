// Package hush keeps TensorFlow from writing its notes to standard error while it is loaded. It is
// for commands of this module: import it for its effect. A library must not decide this for a program.
//
// On CPUs with instructions for neural networks TensorFlow writes its first line when its shared
// library is loaded, before the first line of Go runs, and keeps the level that it found then in
// TF_CPP_MIN_LOG_LEVEL for the life of the process. So os.Setenv comes too late. The program's own
// getenv, which the dynamic linker finds before libc's, comes in time: it answers 3, fatal errors
// only, for that variable where the user has not set it, and reads the environment for all others.
package hush

/*
#include <string.h>

extern char **environ;

// getenv is found first by every library that the program loads.
char *getenv(const char *name) {
	static char level[] = "3";
	size_t n = strlen(name);
	if (environ != NULL && n > 0) {
		for (char **e = environ; *e != NULL; e++) {
			if (strncmp(*e, name, n) == 0 && (*e)[n] == '=') {
				return *e + n + 1;
			}
		}
	}
	return strcmp(name, "TF_CPP_MIN_LOG_LEVEL") == 0 ? level : NULL;
}
*/
import "C"

// Level is the variable that says how much TensorFlow writes; 0 is everything.
const Level = "TF_CPP_MIN_LOG_LEVEL"
