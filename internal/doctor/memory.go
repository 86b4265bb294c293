package doctor

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// memory reads what the machine has and what the control group leaves of it.
func memory(root fs.FS) Memory {
	m := Memory{
		Total:     kilobytes(field(root, "proc/meminfo", "MemTotal")),
		Available: kilobytes(field(root, "proc/meminfo", "MemAvailable")),
	}
	for _, file := range groupFiles(root, "memory", "memory.max", "memory.limit_in_bytes") {
		n, err := strconv.ParseInt(first(root, file), 10, 64)
		// Version 1 writes a number beyond every machine for no limit.
		if err == nil && n > 0 && (m.Total == 0 || n < m.Total) && (m.Limit == 0 || n < m.Limit) {
			m.Limit = n
		}
	}
	return m
}

// kilobytes reads "16318480 kB".
func kilobytes(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// quota returns how many cores the control group allows, 0 if it does not say.
func quota(root fs.FS) float64 {
	least := 0.0
	note := func(quota, period string) {
		q, err1 := strconv.ParseFloat(quota, 64)
		p, err2 := strconv.ParseFloat(period, 64)
		if err1 == nil && err2 == nil && q > 0 && p > 0 && (least == 0 || q/p < least) {
			least = q / p
		}
	}
	for _, file := range groupFiles(root, "cpu", "cpu.max", "cpu.cfs_quota_us") {
		words := strings.Fields(first(root, file))
		switch {
		case len(words) == 2:
			note(words[0], words[1])
		case len(words) == 1:
			note(words[0], first(root, path.Join(path.Dir(file), "cpu.cfs_period_us")))
		}
	}
	return least
}

// groupFiles returns where a limit of the process's control group may stand: in the group and
// in all above it, for version 2 and for version 1 of control groups.
func groupFiles(root fs.FS, controller, v2, v1 string) []string {
	var files []string
	up := func(base, group, file string) {
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			files = append(files, path.Join(base, group, file))
			if group == "/" {
				return
			}
		}
	}
	for line := range lines(root, "proc/self/cgroup") { // "4:memory:/group", "0::/group"
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			up("sys/fs/cgroup", parts[2], v2)
		}
		for _, c := range strings.Split(parts[1], ",") {
			if c == controller {
				up("sys/fs/cgroup/"+parts[1], parts[2], v1)
				up("sys/fs/cgroup/"+controller, parts[2], v1)
			}
		}
	}
	return files
}

// first returns the first line of a file, trimmed, or "".
func first(root fs.FS, name string) string {
	for line := range lines(root, name) {
		return strings.TrimSpace(line)
	}
	return ""
}
