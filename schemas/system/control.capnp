@0xfab2d4c6e8a03b59;
# Control messages between the kernel and one worker process, over a SOCK_SEQPACKET pair: one
# datagram, one single-segment message without framing, at most 64 KiB, with up to 16 descriptors.
#
# Trust: the worker believes the kernel. The kernel treats all that a worker says as hostile: a
# compromised worker may send anything at any time.
using Go = import "/go.capnp";
using Job = import "/compute/job.capnp";
$Go.package("control");
$Go.import("inos/backend/wire/gen/control");

struct Message {
  id @0 :UInt32;
  # Chosen by the asker; the answer carries the same.
  union {
    # Kernel to worker.
    load @1 :Load;
    # First message. Descriptors: module (sealed memfd), status page, then `shared` when its
    # length is not 0. Answer: ready or failed.
    channel @2 :Channel;
    # Attach or replace a channel of the live unit. Descriptor: the segment. Answer: done.
    params @3 :List(Job.Value);
    # All parameters of the live unit, in manifest order; taken over before the next tick.
    # Answer: done.
    live @4 :Live;
    # Run, pause, step, reset. Answer: done.
    call @5 :Call;
    # Run an op. Descriptors: one for each Window with isNew, in order. Answer: result or failed.
    release @6 :UInt32;
    # Unmap this segment. Answer: done.
    grant @7 :Window;
    # Answer to `need`. Descriptor when isNew. A length of 0: refused.

    # Worker to kernel.
    ready @8 :Ready;
    done @9 :Void;
    result @10 :Result;
    failed @11 :Failed;
    # Answer to load and call; unasked (id 0) when a tick failed: live ticking has stopped.
    need @12 :Need;
    # Inside a call: room for an output.
    log @13 :Log;
    fault @14 :Fault;
    # Written by the signal handler just before the worker ends: the guest touched memory that it
    # may not touch.
    finished @15 :UInt64;
    # Unasked: the wanted number of ticks is done; the value is the tick count.
    ask @16 :Ask;
    # Inside a call: something of the world outside, by permission. Kernel: reply.

    reply @17 :Reply;
    # Kernel to worker: answer to `ask`.
  }
}

struct Load {
  cacheDir @0 :Text;
  # Directory of the compile cache, the worker's own; empty: none.
  memoryBytes @1 :UInt64;
  sharedBytes @2 :UInt64;
  instances @3 :UInt16;
  # Instances to make: the most shards a tick may use.
  phases @4 :UInt8;
  requireSeccomp @5 :Bool;
  plugin @6 :Text;
  # Plugin id, for messages.
  pin @7 :Bool;
  # Pin shard k to the k-th CPU of the affinity mask.
  foreign @8 :Foreign;
  # What the module was made for.
  entries @9 :List(Text);
  # Of a foreign module: the exported function behind each op, by op number; at most 256.
}

enum Foreign {
  none @0;
  # A plugin for INOS.
  extism @1;
  wasi @2;
  # A command module of WASI preview 1.
}

struct Ready {
  landlockAbi @0 :UInt32;
  # 0: this kernel has no landlock.
  seccomp @1 :Bool;
  compileNs @2 :UInt64;
  totalNs @3 :UInt64;
  hasCall @4 :Bool;
  hasTick @5 :Bool;
  hasInit @6 :Bool;
}

struct Channel {
  index @0 :UInt16;
  segment @1 :UInt32;
  byteLen @2 :UInt64;
}

struct Live {
  run @0 :Bool;
  # False: pause.
  rateHz @1 :Float32;
  # Ticks per second; 0: as fast as it goes.
  dtUs @2 :UInt32;
  # Simulated time of one tick.
  shards @3 :UInt16;
  # 0: the worker measures what pays.
  ticks @4 :UInt64;
  # Stop after this many more; 0: no end.
  reset @5 :Bool;
  # Call inos_init before the next tick.
}

struct Window {
  segment @0 :UInt32;
  length @1 :UInt64;
  # Bytes that the guest may use.
  byteLen @2 :UInt64;
  # Bytes of the whole segment, a multiple of 4096.
  isNew @3 :Bool;
  # A descriptor comes with it; otherwise the worker has it mapped.
  isFile @4 :Bool;
  # Of an input: the descriptor is a file of the user's, read-only, that others may change. The window
  # ends with the call; segment is then 2^31 and the input's index, which no segment has.
}

struct Call {
  op @0 :UInt16;
  params @1 :List(Job.Value);
  inputs @2 :List(Window);
  # Read-only descriptors.
  outputs @3 :List(Window);
  # Room granted beforehand, by output index; a length of 0: none.
  results @4 :UInt16;
  # How many result_f64 values the op has.
  outputCount @5 :UInt16;
  entry @6 :Entry;
  # What is called. Of `save` and `load` only inputs and outputs mean something, one of them at most;
  # the parameters are those of the live unit.
  inputNames @7 :List(Text);
  # By input: the last part of the file's name, at most 255 bytes without control characters; empty, or
  # left out at the end: it has none.
}

enum Entry {
  op @0;
  # inos_call.
  save @1;
  # inos_save, between two ticks: output 0 is the live unit's state; no output: it has none.
  load @2;
  # inos_load: input 0 is the state; inos_init is then not called.
}

struct Result {
  code @0 :Int32;
  # What inos_call returned; 0: success.
  error @1 :Text;
  # From `fail`; empty when code is 0.
  outputs @2 :List(Output);
  results @3 :List(Float64);
  # The NaN of bits 0x7ff8000000000001 where the op did not set one; an op's own NaN has 0 at the end.
  guestNs @4 :UInt64;
  # Time inside the guest.
}

struct Output {
  index @0 :UInt16;
  segment @1 :UInt32;
  length @2 :UInt64;
  media @3 :Text;
}

struct Failed {
  kind @0 :FailKind;
  text @1 :Text;
  # The cause in a sentence, then the wasm stack; at most 8 KiB.
}

enum FailKind {
  unknown @0;
  invalidModule @1;
  # Does not compile, lacks an export, wrong ABI.
  trap @2;
  # With the guest's panic message where it gave one.
  memoryLimit @3;
  stackOverflow @4;
  sandbox @5;
  # The box could not be closed.
  logFlood @6;
  protocol @7;
  code @8;
  # inos_tick or inos_init returned an error code.
}

struct Need {
  index @0 :UInt16;
  length @1 :UInt64;
}

struct Ask {
  service @0 :Service;
  text @1 :Text;
  # A path, or a text for people; at most 4 KiB.
  offset @2 :Int64;
  length @3 :Int64;
  # Bytes wanted, at most 32 KiB in one reply.
  data @4 :Data;
  # What is written or sent; at most 32 KiB.
}

enum Service {
  now @0;
  # Reply.value: microseconds since 1970.
  random @1;
  fileRead @2;
  # Bytes from offset on; Reply.value: how many. 0: the end.
  fileSize @3;
  fileList @4;
  # The folder's names from byte `offset` on; Reply.value: bytes in all.
  fileWrite @5;
  # Data at offset; the file is created. Reply.value: bytes written.
  fileResize @6;
  # To offset bytes; the file is created.
  fileRemove @7;
  httpSend @8;
  # Data: method, URL and headers a line each, an empty line, the body. Reply.value: status code.
  httpRead @9;
  # Bytes of the last response's body from offset on; Reply.value: bytes of the body.
  httpHeader @10;
  # Text: a header's name. Reply.data: its value. Without a name all of them, a line each.
  clipboardRead @11;
  clipboardWrite @12;
  notify @13;
  settingNumber @14;
  # The setting at index `offset`; Reply.value: the bits of a Float64.
  settingText @15;
  # Reply.data: the text.
  config @16;
  # Of a plugin for Extism: what the user has set under the key `text`. Reply.value: 1, and
  # Reply.data: the text; or 0: nothing.
}

struct Reply {
  refused @0 :Bool;
  why @1 :Text;
  # In a sentence, for the error of the op; at most 1 KiB.
  value @2 :Int64;
  data @3 :Data;
  # At most 32 KiB.
}

struct Log {
  level @0 :UInt8;
  # 0 debug, 1 information, 2 warning, 3 error.
  text @1 :Text;
  # At most 1 KiB.
}

struct Fault {
  address @0 :UInt64;
  # Guest address + instance number * 2^32.
  ip @1 :UInt64;
  code @2 :UInt64;
  # x86-64 page-fault error code: bit 1 set for a write; + signal number * 2^32.
}
