@0xd2a1f0c3b4e59687;
# Annotations that turn a struct into a memory layout.
#
# A layout struct is never sent as a message: it names the byte offsets of a piece of shared
# memory. `make gen` reads the offsets, refuses overlaps, misalignment and overruns, and writes
# constants for Go, TypeScript, Rust and C.

annotation at @0xe1c6a8b97d504f21 (field) :UInt32;
# Byte offset of the field from the start of its struct. Every field of a layout struct has one.

annotation count @0xf0b3d2c1a4958677 (field) :UInt32;
# Number of consecutive elements (an array). Absent: one.

annotation size @0xa9b8c7d6e5f40312 (struct) :UInt32;
# Bytes that the struct takes. Its presence makes the struct a layout.
