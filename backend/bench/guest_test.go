package bench

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"inos/backend/manifest"
)

// runEcho instantiates the echo guest over a host that has its channel's slot at that address.
func runEcho(t *testing.T, slot uint32) api.Module {
	t.Helper()
	ctx := context.Background()
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesThreads
	config := wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features)
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { _ = runtime.Close(ctx) })
	_, err := runtime.NewHostModuleBuilder("inos").NewFunctionBuilder().
		WithFunc(func(_ context.Context, index uint32) uint32 {
			if index != 0 {
				return 0
			}
			return slot
		}).Export("channel").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	module, err := runtime.Instantiate(ctx, echoModule())
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func callEcho(t *testing.T, module api.Module, name string, args ...uint64) uint64 {
	t.Helper()
	results, err := module.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

func TestEchoGuestAnswersInItsSlot(t *testing.T) {
	const slot = 1024
	module := runEcho(t, slot)
	memory := module.Memory()
	for _, word := range []uint32{1, 2, 1, 0xffffffff} {
		memory.WriteUint32Le(slot+echoAskAt, word)
		if code := callEcho(t, module, "inos_tick", 0, 0, 1, 16667); code != 0 {
			t.Fatalf("code %d, want 0", code)
		}
		if got, _ := memory.ReadUint32Le(slot + echoAnswerAt); got != word {
			t.Fatalf("answer %#x, want %#x", got, word)
		}
	}
}

func TestEchoGuestRefusesToTickWithoutAChannel(t *testing.T) {
	if code := callEcho(t, runEcho(t, 0), "inos_tick", 0, 0, 1, 16667); code != 1 {
		t.Errorf("code %d, want 1", code)
	}
}

func TestEchoGuestReturnsAtOnceFromNop(t *testing.T) {
	module := runEcho(t, 0)
	if code := callEcho(t, module, "inos_call", echoNop); code != 0 {
		t.Errorf("code %d, want 0", code)
	}
	if version := callEcho(t, module, "inos_abi"); version != manifest.ABI {
		t.Errorf("ABI %d, want %d", version, manifest.ABI)
	}
}

func TestEchoGuestIsAPluginThatTheHostAccepts(t *testing.T) {
	plugin, err := echoPlugin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := manifest.Parse(plugin.Wasm); err != nil {
		t.Error(err)
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
