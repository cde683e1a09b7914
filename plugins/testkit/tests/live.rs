//! The in-memory host and the sdk against each other: live units.

use inos_sdk::{Error, Init, Instance, Load, Save, Tick, part};
use inos_testkit::{Failure, Live, Manifest};

const MANIFEST: &str = r#"{
  "units": [{ "name": "t", "live": {
    "params": [
      { "name": "count", "kind": "integer", "default": 5, "min": 0, "max": 1000 },
      { "name": "start", "kind": "number", "default": 100, "min": 0, "max": 1000 }
    ],
    "channels": [{ "name": "points", "look": "points", "capacityParam": "count" }],
    "phases": 2,
    "maxShards": 4,
    "rateHz": 50
  } }],
  "limits": { "sharedBytes": 4096 }
}"#;

/// Counts ticks in shared memory; element i of the frame is the count plus i.
#[derive(Default)]
struct Counter;

impl inos_sdk::Live for Counter {
    fn init(&mut self, init: &mut Init) -> Result<(), Error> {
        let start = init.params().f32(1)?;
        // SAFETY: no shard is running.
        unsafe { init.shared(4)?.slice_mut::<f32>(0, 1)?[0] = start };
        Ok(())
    }

    fn save(&mut self, save: &mut Save) -> Result<(), Error> {
        let shared = save.shared(4)?;
        // SAFETY: no shard is running.
        let count = unsafe { shared.slice::<f32>(0, 1)?[0] };
        save.state()?.slice::<f32>(1)?[0] = count;
        Ok(())
    }

    fn load(&mut self, load: &mut Load) -> Result<(), Error> {
        let input = load.state()?;
        let [count] = *input.slice::<f32>()? else {
            return Err(Error::invalid("a count has four bytes"));
        };
        // SAFETY: no shard is running.
        unsafe { load.shared(4)?.slice_mut::<f32>(0, 1)?[0] = count };
        Ok(())
    }

    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
        let shared = tick.shared(4)?;
        if tick.phase() == 1 {
            if tick.shard() == 0 {
                // SAFETY: only shard 0 touches it in this phase.
                unsafe { shared.slice_mut::<f32>(0, 1)?[0] += 1.0 };
                tick.publish(0, tick.params().count(0)?)?;
            }
            return Ok(());
        }
        // SAFETY: nobody writes it in this phase.
        let count = unsafe { shared.slice::<f32>(0, 1)?[0] };
        let Some(slot) = tick.channel::<Instance>(0)? else {
            return Ok(());
        };
        let points = tick.params().count(0)?;
        assert!(slot.capacity() >= points);
        let mine = part(points, tick.shard(), tick.shards());
        let first = mine.start;
        // SAFETY: the shards' parts do not overlap.
        for (i, point) in unsafe { slot.range_mut(mine)? }.iter_mut().enumerate() {
            *point = Instance {
                x: count + (first + i) as f32,
                a: tick.dt(),
                ..Instance::default()
            };
        }
        Ok(())
    }
}

fn xs(live: &Live<Counter>) -> Vec<f32> {
    live.frame::<Instance>(0)
        .unwrap_or_default()
        .iter()
        .map(|p| p.x)
        .collect()
}

#[test]
fn frames_do_not_depend_on_the_shards() {
    let mut live = Live::<Counter>::new(&Manifest::parse(MANIFEST));
    assert!(live.frame::<Instance>(0).is_none());
    live.reset().unwrap();
    for (shards, first) in [(1, 100.0), (2, 101.0), (3, 102.0), (4, 103.0), (1, 104.0)] {
        live.set_shards(shards);
        live.tick().unwrap();
        assert_eq!(xs(&live), [0.0, 1.0, 2.0, 3.0, 4.0].map(|i| first + i));
    }
    assert_eq!(live.frame::<Instance>(0).unwrap()[0].a, 0.02);
}

#[test]
fn a_reset_starts_again_with_the_parameters_of_now() {
    let mut live = Live::<Counter>::new(&Manifest::parse(MANIFEST));
    live.reset().unwrap();
    live.tick().unwrap();
    live.set("start", 7.0);
    live.set("count", 2i64);
    live.tick().unwrap();
    assert_eq!(xs(&live), [101.0, 102.0]);
    live.reset().unwrap();
    live.tick().unwrap();
    assert_eq!(xs(&live), [7.0, 8.0]);
}

/// Publishes all points at the origin through the safe view of a whole frame.
#[derive(Default)]
struct Whole;

impl inos_sdk::Live for Whole {
    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
        let Some(points) = tick.frame(0)? else {
            return Ok(());
        };
        points.fill(Instance::default());
        let room = points.len();
        let count = tick.params().count(0)?;
        assert!(room >= count);
        assert_eq!(tick.publish(0, room + 1), Err(Error::NoPort(0)));
        assert_eq!(tick.shared(4097).err().map(|e| e.code()), Some(6));
        tick.publish(0, count)
    }
}

#[test]
fn a_whole_frame_is_for_a_single_shard() {
    let mut live = Live::<Whole>::new(&Manifest::parse(MANIFEST));
    live.tick().unwrap();
    assert_eq!(live.frame::<Instance>(0).unwrap(), [Instance::default(); 5]);
    live.set_shards(2);
    let text = Error::Sharded.to_string();
    assert_eq!(
        live.tick(),
        Err(Failure {
            code: Error::Sharded.code(),
            text
        })
    );
}

#[test]
fn a_unit_goes_on_from_the_state_of_another() {
    let mut old = Live::<Counter>::new(&Manifest::parse(MANIFEST));
    old.reset().unwrap();
    old.tick().unwrap();
    let state = old.save().unwrap().unwrap();
    old.tick().unwrap();
    let mut new = Live::<Counter>::new(&Manifest::parse(MANIFEST));
    new.load(&state).unwrap();
    new.tick().unwrap();
    assert_eq!(old.frame::<Instance>(0), new.frame::<Instance>(0));
    let refused = new.load(&[0; 8]).unwrap_err();
    assert_eq!(refused.text, "a count has four bytes");
}

/// Without state of its own a unit hands none on and takes none.
#[derive(Default)]
struct Plain;

impl inos_sdk::Live for Plain {
    fn tick(&mut self, _: &mut Tick) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn a_unit_without_state_hands_none_on() {
    let mut live = Live::<Plain>::new(&Manifest::parse(MANIFEST));
    assert_eq!(live.save().unwrap(), None);
    let refused = live.load(&[1]).unwrap_err();
    assert_eq!(refused.text, "this version takes no state over");
}
