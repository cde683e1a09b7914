//! manifest.json and the code say the same.

use crate::geometry::Geometry;
use crate::memory::{MAX_SHARDS, Memory};
use crate::params::{Bounds, MODEL, Params, SPECS};
use crate::tick::PHASES;
use inos_testkit::Manifest;
use serde_json::Value;

const TEXT: &str = include_str!("../../manifest.json");

fn json() -> Value {
    serde_json::from_str(TEXT).unwrap()
}

fn live() -> Value {
    json()["units"][0]["live"].clone()
}

#[test]
fn live_parameters_have_the_order_defaults_and_ranges_of_the_code() {
    let params = live()["params"].as_array().unwrap().clone();
    assert_eq!(params.len(), SPECS.len());
    for (spec, param) in SPECS.iter().zip(&params) {
        assert_eq!(param["name"], spec.name);
        assert_eq!(
            param["default"].as_f64(),
            Some(spec.default),
            "{}",
            spec.name
        );
        let (min, max) = match param["options"].as_array() {
            Some(options) => (0.0, options.len() as f64 - 1.0),
            None => (
                param["min"].as_f64().unwrap(),
                param["max"].as_f64().unwrap(),
            ),
        };
        assert_eq!((min, max), (spec.min, spec.max), "{}", spec.name);
    }
}

#[test]
fn every_parameter_is_explained() {
    for param in live()["params"].as_array().unwrap() {
        for key in ["label", "doc", "group"] {
            assert!(
                !param[key].as_str().unwrap().is_empty(),
                "{}: {key}",
                param["name"]
            );
        }
    }
}

#[test]
fn step_takes_the_model_at_the_same_indices() {
    let manifest = Manifest::parse(TEXT);
    let step = manifest.op_params("step");
    assert_eq!(step[0], "steps");
    assert_eq!(step[MODEL], manifest.live_params()[MODEL]);
    assert_eq!(step.len(), MODEL.end);
}

#[test]
fn phases_and_shards_are_those_of_the_code() {
    assert_eq!(live()["phases"], PHASES);
    assert_eq!(live()["maxShards"], MAX_SHARDS);
}

#[test]
fn presets_name_parameters_and_stay_in_their_ranges() {
    let presets = live()["presets"].as_array().unwrap().clone();
    let names: Vec<_> = presets
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["starlings", "fish", "gnats", "chaos"]);
    let first = |p: &Value| -> Vec<String> {
        let values = p["values"].as_array().unwrap();
        values
            .iter()
            .map(|v| v["param"].as_str().unwrap().to_string())
            .collect()
    };
    for preset in &presets {
        assert_eq!(
            first(preset),
            first(&presets[0]),
            "a preset leaves nothing of another behind"
        );
        for value in preset["values"].as_array().unwrap() {
            let spec = SPECS.iter().find(|s| value["param"] == s.name).unwrap();
            let v = value["value"].as_f64().unwrap();
            assert!(
                (spec.min..=spec.max).contains(&v),
                "{}: {}",
                preset["name"],
                spec.name
            );
        }
    }
}

#[test]
fn the_limits_hold_the_largest_flock_in_every_space() {
    let limit = |name: &str| json()["limits"][name].as_u64().unwrap();
    for bounds in [Bounds::Wrap, Bounds::Wall, Bounds::Sphere] {
        for flat in [false, true] {
            for density in [1.0, 2.0, 5.0, 20.0] {
                let params = Params {
                    bounds,
                    flat,
                    density,
                    ..Params::default()
                };
                let needs = Memory::byte_len(&Geometry::new(250_000, &params)) as u64;
                assert!(needs <= limit("sharedBytes"), "{needs} for {params:?}");
                assert!(
                    needs + (16 << 20) <= limit("memoryBytes"),
                    "{needs} for {params:?}"
                );
            }
        }
    }
}
