@0xe9a1c3d5f7b92a48;
# The manifest of a plugin: custom section `inos.manifest` of its wasm file, one single-segment
# message without framing (no segment table).
#
# Between: plugin author and kernel. Trust: hostile until checked; backend/manifest holds the limits.
using Go = import "/go.capnp";
$Go.package("plugin");
$Go.import("inos/backend/wire/gen/plugin");

struct Manifest {
  id @0 :Text;
  # Reverse domain name, 3 to 128 of [a-z0-9.-]: `dev.inos.boids`.
  name @1 :Text;
  # For people, up to 64 characters.
  version @2 :Text;
  # Semantic version.
  abi @3 :UInt16;
  # The ABI the module was built against: 1.
  author @4 :Text;
  licence @5 :Text;
  # SPDX identifier.
  doc @6 :Text;
  # One paragraph.
  units @7 :List(Unit);
  permissions @8 :List(Permission);
  limits @9 :Limits;
  settings @10 :List(Param);
  # What the user sets once for the plugin; their order is the index of setting_f64 and its like.
  changes @11 :Text;
  # What is new in this version, for people.
}

struct Permission {
  name @0 :Text;
  # What backend/manifest/permission.go lists.
  reason @1 :Text;
  # Why, in one plain sentence.
  scope @2 :Text;
  # read, write: the plugin's name for a folder that the user picks; its paths begin with it.
  hosts @3 :List(Text);
  # http: host names; `*.example.org` stands for its subdomains.
}

struct Limits {
  memoryBytes @0 :UInt64;
  # The guest's own memory per instance; 0: the host's default (64 MiB).
  sharedBytes @1 :UInt64;
  # What `shared` may ask for in all; 0: none.
  callMs @2 :UInt32;
  # Deadline of one call; 0: the host's default (30 s).
  tickMs @3 :UInt32;
  # Deadline of one tick; 0: the host's default (1 s).
  outputBytes @4 :UInt64;
  # Bytes of all outputs of one call; 0: what the arena's budget allows.
}

struct Unit {
  name @0 :Text;
  # 1 to 23 of [a-z0-9_]; unique in the node.
  doc @1 :Text;
  ops @2 :List(Op);
  live @3 :Live;
  # Null: the unit has no live part. At most one live unit in a plugin.
}

struct Op {
  number @0 :UInt16;
  # What inos_call gets; unique in the plugin.
  name @1 :Text;
  doc @2 :Text;
  params @3 :List(Param);
  # Their order is the index of param_f64 and its like.
  inputs @4 :List(Port);
  outputs @5 :List(Port);
  results @6 :List(Figure);
  # Numbers that the op reports with result_f64; their order is its index.
  determinism @7 :Determinism;
  tolerance @8 :Float64;
  # For `tolerance`: the largest relative difference between two runs.
}

enum Determinism {
  none @0;
  bitExact @1;
  tolerance @2;
}

struct Port {
  name @0 :Text;
  doc @1 :Text;
  media @2 :List(Text);
  # Media types that fit; empty: any.
  optional @3 :Bool;
}

struct Figure {
  name @0 :Text;
  doc @1 :Text;
  unit @2 :Text;
}

struct Param {
  name @0 :Text;
  label @1 :Text;
  doc @2 :Text;
  unit @3 :Text;
  group @4 :Text;
  # Heading under which a form shows it; empty: none.
  kind :union {
    number :group {
      default @5 :Float64;
      min @6 :Float64;
      max @7 :Float64;
      step @8 :Float64;
      # 0: continuous.
      logarithmic @9 :Bool;
    }
    integer :group {
      default @10 :Int64;
      min @11 :Int64;
      max @12 :Int64;
      logarithmic @13 :Bool;
    }
    flag :group {
      default @14 :Bool;
    }
    choice :group {
      default @15 :UInt16;
      # Index into options.
      options @16 :List(Text);
    }
    text :group {
      default @17 :Text;
      maxBytes @18 :UInt32;
      secret @20 :Bool;
      # Of a setting only: kept in the keychain, without a default.
    }
  }
  hidden @19 :Bool;
  # Driven by the program (the pointer), not shown in forms.
}

struct Live {
  doc @0 :Text;
  params @1 :List(Param);
  channels @2 :List(Channel);
  phases @3 :UInt8;
  # Phases of one tick, 1 to 16, with a barrier between.
  maxShards @4 :UInt8;
  # 1: not shardable. The result must not depend on the number of shards.
  rateHz @5 :UInt16;
  # Ticks per second that the unit is made for.
  presets @6 :List(Preset);
}

struct Channel {
  name @0 :Text;
  look @1 :Look;
  capacityParam @2 :Text;
  # Live integer parameter that says how many elements a frame has; empty: capacity counts.
  capacity @3 :UInt32;
}

enum Look {
  points @0;
  # compute/frame.capnp Instance, drawn as points.
  birds @1;
  # The same, drawn as birds.
}

struct Preset {
  name @0 :Text;
  doc @1 :Text;
  values @2 :List(PresetValue);
}

struct PresetValue {
  param @0 :Text;
  value @1 :Float64;
}
