@0xb7d9e1f3a5c70214;
# One record of the kernel segment's event ring.
#
# Between: kernel (writes) and page (reads). Trust: the page believes it after the CRC fits; text
# that came from a plugin is marked and was cut and cleaned by the kernel.

using import "/layout.capnp".at;
using import "/layout.capnp".count;
using import "/layout.capnp".size;

const eventTextBytes :UInt32 = 208;

struct Event $size(256) {
  crc @0 :UInt32 $at(0);
  # CRC-32 (IEEE) over bytes 4 to 255.
  sequence @1 :UInt32 $at(4);
  # Number of the event, from 1; equals eventHead after it was written.
  timeMs @2 :Float64 $at(8);
  # Unix time in milliseconds.
  kind @3 :UInt16 $at(16);
  # EventKind.
  severity @4 :UInt8 $at(18);
  # 0 information, 1 warning, 2 error.
  textLen @5 :UInt8 $at(19);
  # Valid bytes of text.
  unit @6 :UInt8 $at(24) $count(24);
  # Unit name, UTF-8, zero padded; empty: the kernel itself.
  text @7 :UInt8 $at(48) $count(208);
  # One sentence for the user, UTF-8.
}

enum EventKind {
  none @0;
  unitStarted @1;
  unitStopped @2;
  unitFailed @3;
  # The worker ended: trap, deadline, fault, crash. The text names the cause.
  unitRestarted @4;
  unitQuarantined @5;
  pluginLog @6;
  pluginRefused @7;
  # A file in the plugin folder could not be used; the text says why.
  pageRecovered @8;
  # The web process died and was loaded again.
  arenaRaised @9;
  pluginAdded @10;
  # A plugin came into a plugin folder, or was enabled. The page asks for the units again.
  pluginChanged @11;
  # Its file is another version now. The page asks for the units again.
  pluginRemoved @12;
  # It is gone or disabled. The page asks for the units again.
  unitReloaded @13;
  # A live unit goes on with the new version of its plugin.
  unitKept @14;
  # The new version could not take over; the old one goes on. The text says why.
  unitRetired @15;
  # It ended because its plugin was removed or disabled.
  pluginNotice @16;
  # A plugin that may show notices says something: "ID: text".
  pluginDenied @17;
  # A call was denied something that the user has not answered yet: "ID: what".
  storeDamaged @18;
  # Idle verification found damage in the store; the text says where and what to do.
}
