@0xc5e7a9b1d3f50826;
# What lies in the slots of a channel, and the messages of the stream path.
#
# Between: plugins (write elements), page (draws them); frame server and page on the stream path.
# Trust: elements come from a plugin; the page draws whatever numbers it finds and never uses one
# as an index, a length or a pointer.

using import "/layout.capnp".at;
using import "/layout.capnp".count;
using import "/layout.capnp".size;

struct Instance $size(32) {
  # One bird, or one point: position, velocity, two free floats. Units are the plugin's own.
  x @0 :Float32 $at(0);
  y @1 :Float32 $at(4);
  z @2 :Float32 $at(8);
  a @3 :Float32 $at(12);
  # Free: boids puts the number of neighbours here.
  vx @4 :Float32 $at(16);
  vy @5 :Float32 $at(20);
  vz @6 :Float32 $at(24);
  b @7 :Float32 $at(28);
  # Free: boids puts the bird's constant phase here (0 to 1), so that wings do not beat together.
}

const streamMagic :UInt32 = 0x464f4e49;
# "INOF".

struct StreamHeader $size(64) {
  # Head of one binary WebSocket message; byteLen bytes of payload follow.
  magic @0 :UInt32 $at(0);
  kind @1 :UInt16 $at(4);
  # StreamKind.
  entry @2 :UInt16 $at(6);
  # Directory index of the channel; 0 for the kernel segment.
  generation @3 :UInt32 $at(8);
  epoch @4 :UInt32 $at(12);
  count @5 :UInt32 $at(16);
  stride @6 :UInt32 $at(20);
  byteLen @7 :UInt32 $at(24);
  stampNs @8 :UInt64 $at(32);
  tick @9 :UInt64 $at(40);
}

struct StreamRequest $size(16) {
  # What the page sends: one request, one answer; so a slow page is never flooded.
  magic @0 :UInt32 $at(0);
  kind @1 :UInt16 $at(4);
  entry @2 :UInt16 $at(6);
  lastEpoch @3 :UInt32 $at(8);
  # For frames: answer only once the channel's epoch differs from this.
  generation @4 :UInt32 $at(12);
  # The generation the page knows; another one is answered with the new one at once.
}

enum StreamKind {
  none @0;
  kernel @1;
  # Payload: a copy of the kernel segment.
  frame @2;
  # Payload: count elements.
  gone @3;
  # No payload: the entry is free.
}
