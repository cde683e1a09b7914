package bench

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// runEcho instantiates the echo guest over a fake host whose windows lie at fixed addresses.
func runEcho(t *testing.T, in, out uint32) api.Module {
	t.Helper()
	ctx := context.Background()
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesThreads
	config := wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features)
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { _ = runtime.Close(ctx) })
	_, err := runtime.NewHostModuleBuilder("inos").
		NewFunctionBuilder().
		WithFunc(func(context.Context, uint32, uint64, uint32) uint32 { return in }).
		Export("input_map").
		NewFunctionBuilder().
		WithFunc(func(context.Context, uint32, uint64) uint32 { return out }).
		Export("output_map").
		Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	module, err := runtime.Instantiate(ctx, EchoModule())
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func callEcho(t *testing.T, module api.Module, op uint64) uint64 {
	t.Helper()
	results, err := module.ExportedFunction("inos_call").Call(context.Background(), op)
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

func TestEchoGuestAnswersTheABIVersion(t *testing.T) {
	module := runEcho(t, 1024, 2048)
	results, err := module.ExportedFunction("inos_abi").Call(context.Background())
	if err != nil || results[0] != 1 {
		t.Fatalf("inos_abi: %v, %v; want 1", results, err)
	}
}

func TestEchoGuestCopiesTheWordThatStopsIt(t *testing.T) {
	module := runEcho(t, 1024, 2048)
	module.Memory().WriteUint32Le(1024, echoStop)
	if code := callEcho(t, module, EchoSpin); code != 0 {
		t.Fatalf("code %d, want 0", code)
	}
	if word, _ := module.Memory().ReadUint32Le(2048); word != echoStop {
		t.Fatalf("answer %#x, want %#x", word, uint32(echoStop))
	}
}

func TestEchoGuestRefusesToSpinWithoutWindows(t *testing.T) {
	for name, windows := range map[string][2]uint32{
		"no input": {0, 2048}, "no output": {1024, 0}, "neither": {0, 0},
	} {
		module := runEcho(t, windows[0], windows[1])
		if code := callEcho(t, module, EchoSpin); code != 1 {
			t.Errorf("%s: code %d, want 1", name, code)
		}
	}
}

func TestEchoGuestReturnsAtOnceFromNop(t *testing.T) {
	if code := callEcho(t, runEcho(t, 0, 0), EchoNop); code != 0 {
		t.Fatalf("code %d, want 0", code)
	}
}

func TestLEB128AgreesWithTheStandardLibrary(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 127, 128, 4096, echoSpins} {
		want := binary.AppendUvarint(nil, uint64(n))
		if got := unsigned(n); string(got) != string(want) {
			t.Errorf("unsigned(%d) = %x, want %x", n, got, want)
		}
	}
}
