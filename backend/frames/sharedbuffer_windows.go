package frames

import (
	"context"
	"errors"
	"reflect"
	"syscall"
	"unsafe"

	"github.com/wailsapp/go-webview2/pkg/edge"
	"golang.org/x/sys/windows"

	"inos/backend/fault"
)

// Places in the tables of functions of WebView2's interfaces. go-webview2's own wrappers of these
// two omit the inherited functions and would call something else.
const (
	slotQueryInterface     = 0
	slotCreateSharedBuffer = 24  // ICoreWebView2Environment12: 3 of IUnknown and 21 inherited
	slotPostSharedBuffer   = 116 // ICoreWebView2_17: 3 of IUnknown and 113 inherited
	slotGetBuffer          = 4   // ICoreWebView2SharedBuffer: IUnknown, GetSize, GetBuffer
	accessReadWrite        = 1   // COREWEBVIEW2_SHARED_BUFFER_ACCESS_READ_WRITE
)

var (
	iidEnvironment12 = windows.GUID{Data1: 0xf503db9b, Data2: 0x739f, Data3: 0x48dd,
		Data4: [8]byte{0xb1, 0x51, 0xfd, 0xfc, 0xf2, 0x53, 0xf5, 0x4e}}
	iidWebView17 = windows.GUID{Data1: 0x702e75d4, Data2: 0xfd44, Data3: 0x434d,
		Data4: [8]byte{0x9d, 0x70, 0x1a, 0x68, 0xa6, 0xb1, 0x19, 0x2a}}
)

// ShareBuffer makes size bytes that this process and the page both see: the page gets them as an
// ArrayBuffer in a `sharedbufferreceived` event of chrome.webview, with info (JSON) beside. It must
// be called after each navigation; ctx is the one that Wails hands to OnStartup.
//
// NOBODY HAS RUN THIS: it compiles and passes vet, and there was no Windows machine to try it on.
// Therefore no surface uses it yet; Windows takes the stream. It is here because an arena on
// Windows has to be made of these buffers, and finding the way to them was the hard part.
func ShareBuffer(ctx context.Context, size int, info string) (memory []byte, err error) {
	chromium, onMainThread, err := webview(ctx)
	if err != nil {
		return nil, fault.Wrap("frames", fault.Unavailable, "WebView2", err, "use --frames stream")
	}
	done := make(chan struct{})
	onMainThread(func() { // COM objects of a webview belong to its thread
		defer close(done)
		memory, err = shareBuffer(chromium, size, info)
	})
	<-done
	return memory, fault.Wrap("frames", fault.Unavailable, "WebView2", err, "use --frames stream")
}

func shareBuffer(chromium *edge.Chromium, size int, info string) ([]byte, error) {
	environment, err := query(unsafe.Pointer(chromium.Environment()), &iidEnvironment12)
	if err != nil {
		return nil, err
	}
	core, err := chromium.GetController().GetCoreWebView2()
	if err != nil {
		return nil, err
	}
	view, err := query(unsafe.Pointer(core), &iidWebView17)
	if err != nil {
		return nil, err
	}
	var shared unsafe.Pointer
	if err := call(environment, slotCreateSharedBuffer, uintptr(size), uintptr(unsafe.Pointer(&shared))); err != nil {
		return nil, err
	}
	var base *byte
	if err := call(shared, slotGetBuffer, uintptr(unsafe.Pointer(&base))); err != nil {
		return nil, err
	}
	text, err := windows.UTF16PtrFromString(info)
	if err != nil {
		return nil, err
	}
	if err := call(view, slotPostSharedBuffer, uintptr(shared), accessReadWrite, uintptr(unsafe.Pointer(text))); err != nil {
		return nil, err
	}
	return unsafe.Slice(base, size), nil
}

// webview digs the WebView2 objects out of Wails, which has no public way to them. The version of
// Wails is pinned in go.mod for this, too.
func webview(ctx context.Context) (c *edge.Chromium, onMainThread func(func()), err error) {
	frontend := reflect.ValueOf(ctx.Value("frontend"))
	if frontend.Kind() != reflect.Pointer {
		return nil, nil, errors.New("the context has no frontend")
	}
	chromium, mainWindow := frontend.Elem().FieldByName("chromium"), frontend.Elem().FieldByName("mainWindow")
	if !chromium.IsValid() || !mainWindow.IsValid() {
		return nil, nil, errors.New("this version of Wails has another frontend")
	}
	invoke := reflect.NewAt(mainWindow.Type().Elem(), mainWindow.UnsafePointer()).MethodByName("Invoke")
	if !invoke.IsValid() {
		return nil, nil, errors.New("this version of Wails has another window")
	}
	run := func(f func()) { invoke.Call([]reflect.Value{reflect.ValueOf(f)}) }
	return (*edge.Chromium)(chromium.UnsafePointer()), run, nil
}

// call calls a function of a COM object by its place in the table.
func call(object unsafe.Pointer, slot int, args ...uintptr) error {
	table := *(*unsafe.Pointer)(object)
	function := *(*uintptr)(unsafe.Add(table, uintptr(slot)*unsafe.Sizeof(uintptr(0))))
	result, _, _ := syscall.SyscallN(function, append([]uintptr{uintptr(object)}, args...)...)
	if int32(result) < 0 {
		return syscall.Errno(result)
	}
	return nil
}

func query(object unsafe.Pointer, id *windows.GUID) (found unsafe.Pointer, err error) {
	err = call(object, slotQueryInterface, uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(&found)))
	return found, err
}
