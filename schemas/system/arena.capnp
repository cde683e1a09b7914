@0x9c3e5d7f1a2b4c68;
# The memory layout of arena segments: the only source of offsets, sizes and indices.
#
# Between: kernel, workers and the page, through shared memory.
# Trust: the kernel writes the kernel segment, a worker writes its channels and its status page,
# a guest (the wasm code) writes slots and payloads only and never sees a header. Readers check
# magic, kind, version and layout hash, then bounds, before they believe anything.
# All numbers are little endian. Words marked "atomic" are only touched with atomic operations.

using import "/layout.capnp".at;
using import "/layout.capnp".count;
using import "/layout.capnp".size;
using Event = import "event.capnp".Event;

const magic :UInt32 = 0x534f4e49;
# "INOS".

const layoutVersion :UInt16 = 1;
# Raised by hand when the meaning of a field changes; the layout hash covers everything else.

const pageBytes :UInt32 = 4096;
const slotCount :UInt32 = 3;
# A channel has three slots: one published, one held by the reader, one free for the writer.

const stepRing :UInt32 = 256;
# Durations of the last ticks that a worker keeps for its percentiles; a power of two.

const phaseRing :UInt32 = 640;
# Durations of phases that a worker keeps: of the last 640 / phases ticks. A manifest declares 1 to
# 16 phases.

enum SegmentKind {
  none @0;
  kernel @1;
  # Header, directory, metrics and events: written by the kernel, read by the page.
  channel @2;
  # Triple-buffered frames of a live unit.
  payload @3;
  # An input or output of a job. No header: all of it is data.
  shared @4;
  # Working memory that the shards of one worker share. No header.
  status @5;
  # A worker's status page: progress, cancel, tick times. Not mapped into the guest.
}

struct SegmentHeader $size(64) {
  magic @0 :UInt32 $at(0);
  kind @1 :UInt16 $at(4);
  version @2 :UInt16 $at(6);
  layoutHash @3 :UInt64 $at(8);
  byteLen @4 :UInt64 $at(16);
  # Bytes of the whole segment, header included.
  id @5 :UInt32 $at(24);
  # Segment id, unique in one kernel's life, never 0.
}

struct ChannelHeader $size(4096) {
  header @0 :SegmentHeader $at(0);
  epoch @1 :UInt32 $at(64);
  # Atomic. Raised by one at each publish; wraps.
  published @2 :UInt32 $at(128);
  # Atomic. Slot number + 1 of the newest frame; 0 before the first.
  held @3 :UInt32 $at(192);
  # Atomic. Slot number + 1 that the reader holds; 0: none. The one word a reader writes.
  capacity @4 :UInt32 $at(256);
  # Elements a slot has room for.
  stride @5 :UInt32 $at(260);
  # Bytes per element.
  slotBytes @6 :UInt64 $at(264);
  # Bytes from one slot to the next; a multiple of pageBytes. The first slot starts at 4096.
  slots @7 :SlotHeader $at(320) $count(3);
}

struct SlotHeader $size(64) {
  count @0 :UInt32 $at(0);
  # Elements that are valid, at most capacity.
  epoch @1 :UInt32 $at(4);
  # Atomic. The channel's epoch when this slot was published; 0 while it is being written.
  stampNs @2 :UInt64 $at(8);
  # CLOCK_MONOTONIC at publish.
  tick @3 :UInt64 $at(16);
  # Number of the tick that wrote it, from 1.
}

struct StatusPage $size(4096) {
  header @0 :SegmentHeader $at(0);
  cancel @1 :UInt32 $at(64);
  # Atomic, written by the kernel: 1 asks the running call to stop; `progress` returns it.
  busySinceNs @2 :UInt64 $at(128);
  # Atomic. CLOCK_MONOTONIC when the running call or tick began; 0: the guest is not running.
  progressDone @3 :UInt64 $at(136);
  # Atomic. As the guest reported it; any unit.
  progressTotal @4 :UInt64 $at(144);
  # Atomic. 0: unknown.
  logDropped @5 :UInt32 $at(152);
  # Atomic. Log lines that were not sent because of the rate limit.
  ticks @6 :UInt64 $at(192);
  # Atomic. Ticks finished.
  framesPublished @7 :UInt64 $at(200);
  # Atomic.
  shards @8 :UInt32 $at(208);
  # Atomic. Shards that the last tick used.
  guestPages @9 :UInt32 $at(212);
  # Atomic. 64 KiB pages of the guest's own memory, all instances.
  lateNs @10 :UInt64 $at(216);
  # Atomic. How late the last paced tick began.
  refusals @14 :UInt32 $at(232);
  # Atomic. How often channel_publish was refused.
  refusedPublish @15 :UInt64 $at(240);
  # Atomic. The last of them: its index in the upper, its count in the lower 32 bits.
  stepNs @11 :UInt32 $at(256) $count(256);
  # Ring: duration of tick t in nanoseconds (at most 4.29 s) at index (t - 1) mod stepRing.
  phases @12 :UInt32 $at(224);
  # Atomic. Phases of one tick, written once; 0: phases are not timed.
  phaseNs @13 :UInt32 $at(1280) $count(640);
  # Ring: duration of phase p (from 0) of tick t, likewise, at index
  # ((t - 1) mod (phaseRing / phases)) * phases + p.
}

struct KernelSegment $size(131072) {
  header @0 :SegmentHeader $at(0);
  directoryEpoch @1 :UInt32 $at(64);
  # Atomic. Odd while the kernel changes the directory.
  metricsEpoch @2 :UInt32 $at(128);
  # Atomic. Odd while the kernel changes the metrics.
  eventHead @3 :UInt32 $at(192);
  # Atomic. Events written since start; event n is at index (n mod 256). Wraps.
  eventsDropped @4 :UInt32 $at(196);
  # Atomic. Events not written because too many came at once.
  kernelPid @5 :UInt32 $at(256);
  pageEcho @6 :UInt32 $at(320);
  # Atomic, written by the page: answer word of `inos bench epoch`.
  pagePing @7 :UInt32 $at(384);
  # Atomic, written by the kernel: question word of `inos bench epoch`.
  system @8 :SystemMetrics $at(448);
  directory @9 :DirectoryEntry $at(4096) $count(64);
  units @10 :UnitMetrics $at(8192) $count(64);
  # Same index as the directory entry of the unit's channel.
  events @11 :Event $at(65536) $count(256);
}

struct DirectoryEntry $size(64) {
  segment @0 :UInt32 $at(0);
  # Segment id; 0: the entry is free.
  generation @1 :UInt32 $at(4);
  # Raised when the entry gets another segment (a bigger flock): map again.
  fd @2 :Int32 $at(8);
  # Descriptor number in the kernel process (/proc/kernelPid/fd/N); -1: not for the page.
  kind @3 :UInt16 $at(12);
  look @4 :UInt16 $at(14);
  # How to draw the elements: Look of compute/plugin.capnp.
  byteLen @5 :UInt64 $at(16);
  unit @6 :UInt8 $at(24) $count(40);
  # Unit name, UTF-8, zero padded.
}

struct SystemMetrics $size(64) {
  arenaUsed @0 :Float64 $at(0);
  # Bytes in segments that count against the budget.
  arenaLimit @1 :Float64 $at(8);
  kernelCpuPct @2 :Float32 $at(16);
  # Percent of one core, over the last sampling period.
  workerCpuPct @3 :Float32 $at(20);
  # All workers together.
  kernelRss @4 :Float64 $at(24);
  workers @5 :UInt32 $at(32);
  cores @6 :UInt32 $at(36);
}

struct UnitMetrics $size(128) {
  ticks @0 :Float64 $at(0);
  published @1 :Float64 $at(8);
  stepP50Ms @2 :Float32 $at(16);
  # Over the last stepRing ticks.
  stepP95Ms @3 :Float32 $at(20);
  stepMaxMs @4 :Float32 $at(24);
  tickHz @5 :Float32 $at(28);
  # Ticks per second over the last sampling period.
  workerCpuPct @6 :Float32 $at(32);
  # Percent of one core.
  shards @7 :UInt32 $at(36);
  workerRss @8 :Float64 $at(40);
  elements @9 :UInt32 $at(48);
  # In the newest frame.
  restarts @10 :UInt32 $at(52);
  state @11 :UInt32 $at(56);
  # LiveState.
  bytesPublished @12 :Float64 $at(64);
  # Bytes of frames since start; nobody copied them.
}

enum LiveState {
  stopped @0;
  running @1;
  paused @2;
  restarting @3;
  quarantined @4;
  stalled @5;
  # It should run, and has not ticked for a while.
}
