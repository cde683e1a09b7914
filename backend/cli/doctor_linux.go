package cli

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"inos/backend/host"
)

// systemChecks looks at what the kernel of this machine offers.
func (a *app) systemChecks() []check {
	return []check{
		checkCores(),
		checkMemory(int64(a.global.arena)),
		checkSealing(),
		checkSharedPath(a.Getenv("GIGACAGE_ENABLED")),
		checkSeccomp(a.global.allowNoSeccomp),
		checkLandlock(),
		checkShare(),
	}
}

// checkShare says how a plugin's share of the processor is kept here.
func checkShare() check {
	c := check{Name: "processor share", Needed: forEverything, Status: fine}
	c.Detail = "by scheduling: jobs have a lower priority, and plugins with a cpu limit are paused in turns"
	if host.OwnMeters().CPU == 0 {
		c.Status = warning
		c.Detail = "the clock of processes cannot be read; cpu limits of plugins are not kept"
		c.Fix = "allow clock_gettime on the clocks of processes"
	}
	return c
}

func checkCores() check {
	c := check{Name: "cores", Needed: forEverything, Status: fine}
	usable, all := runtime.NumCPU(), onlineCores()
	c.Detail = fmt.Sprintf("%d usable", usable)
	if all > usable {
		c.Detail += fmt.Sprintf(" of %d", all)
	}
	if usable < 2 {
		c.Status = warning
		c.Fix = "with one core, flocks and window take turns; give this machine a second one"
	}
	return c
}

// onlineCores counts the machine's CPUs; 0 where /proc does not tell.
func onlineCores() int {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return 0
	}
	return strings.Count("\n"+string(info), "\nprocessor")
}

// checkMemory compares the budget of the arena with the memory that is free.
func checkMemory(budget int64) check {
	c := check{Name: "memory", Needed: forEverything, Status: fine}
	available, err := availableMemory()
	if err != nil {
		c.Status, c.Detail = warning, "free memory is unknown: "+err.Error()
		return c
	}
	c.Detail = fmt.Sprintf("budget %s, %s free", formatBytes(float64(budget)),
		formatBytes(float64(available)))
	if budget > available {
		c.Status = problem
		c.Fix = "ask for less with --arena SIZE, or close other programs"
	}
	return c
}

// availableMemory is what can be had without swapping, in bytes.
func availableMemory() (int64, error) {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for row := range strings.Lines(string(info)) {
		if rest, found := strings.CutPrefix(row, "MemAvailable:"); found {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/meminfo has no MemAvailable")
}

// probeBytes is the size of the segment that the checks create.
const probeBytes = 4096

// sealedProbe makes a segment as the arena does. The caller closes it.
func sealedProbe() (int, error) {
	fd, err := unix.MemfdCreate("inos-doctor", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("memfd_create: %w", err)
	}
	if err := unix.Ftruncate(fd, probeBytes); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("ftruncate: %w", err)
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("sealing: %w", err)
	}
	return fd, nil
}

func checkSealing() check {
	c := check{Name: "shared memory", Needed: forEverything, Status: fine,
		Detail: "sealed segments work"}
	fd, err := sealedProbe()
	if err == nil {
		defer unix.Close(fd)
		if unix.Ftruncate(fd, 0) == nil {
			err = fmt.Errorf("a sealed segment could be shrunk")
		}
	}
	if err != nil {
		c.Status, c.Detail = problem, err.Error()
		c.Fix = "use Linux 4.14 or newer, and let the container's profile allow memfd_create"
	}
	return c
}

// checkSharedPath opens a segment as the web process does: by its number in /proc.
func checkSharedPath(gigacage string) check {
	c := check{Name: "shared frame path", Needed: forWindow, Status: fine,
		Detail: "segments can be opened through /proc"}
	if err := probeSharedPath(); err != nil {
		c.Status, c.Detail = warning, err.Error()
		c.Fix = "mount /proc without hidepid; until then frames are streamed (--frames stream)"
		return c
	}
	if gigacage != "" && gigacage != "0" {
		c.Status = warning
		c.Detail = "GIGACAGE_ENABLED=" + gigacage + " is set, which keeps shared memory from the page"
		c.Fix = "unset GIGACAGE_ENABLED"
	}
	return c
}

func probeSharedPath() error {
	fd, err := sealedProbe()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	again, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	defer unix.Close(again)
	memory, err := unix.Mmap(again, 0, probeBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping %s: %w", path, err)
	}
	return unix.Munmap(memory)
}

func checkSeccomp(allowed bool) check {
	c := check{Name: "sandbox: seccomp", Needed: forEverything, Status: fine,
		Detail: "system calls of plugins are filtered"}
	const getActionAvail = 2 // SECCOMP_GET_ACTION_AVAIL
	action := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, getActionAvail, 0,
		uintptr(unsafe.Pointer(&action)))
	if errno == 0 {
		return c
	}
	c.Detail = "not available: " + errno.Error()
	c.Fix = "use a kernel with CONFIG_SECCOMP_FILTER, and a container profile that allows seccomp;" +
		" to run your own plugins without it: --allow-no-seccomp"
	c.Status = problem
	if allowed {
		c.Status = warning
	}
	return c
}

func checkLandlock() check {
	c := check{Name: "sandbox: landlock", Needed: forEverything, Status: fine}
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0,
		unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		c.Status = warning
		c.Detail = "not available (" + errno.Error() + "); seccomp alone guards the plugins"
		c.Fix = "use Linux 5.13 or newer with landlock in the boot parameter lsm="
		return c
	}
	c.Detail = fmt.Sprintf("ABI %d", abi)
	return c
}
