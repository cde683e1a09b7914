use crate::Value;
use crate::json::Json;

/// A plugin's `manifest.json`.
///
/// It reads what tests need and panics, naming the place, on what a test cannot go on with; the
/// whole check of a manifest is the host's (`inos plugin pack`).
#[derive(Clone, Debug)]
pub struct Manifest(Json);

impl Manifest {
    /// Reads the text of a `manifest.json`.
    pub fn parse(text: &str) -> Self {
        match Json::parse(text) {
            Ok(json) => Self(json),
            Err(error) => panic!("manifest.json: {error}"),
        }
    }

    /// The names of all ops, with their numbers, in order.
    pub fn ops(&self) -> Vec<(String, u32)> {
        self.all_ops().map(|op| (name(op), op_number(op))).collect()
    }

    /// The parameter names of an op, in the order of their index.
    pub fn op_params(&self, op: &str) -> Vec<String> {
        names(&self.op(op)["params"])
    }

    /// The input names of an op, in the order of their index.
    pub fn op_inputs(&self, op: &str) -> Vec<String> {
        names(&self.op(op)["inputs"])
    }

    /// The output names of an op, in the order of their index.
    pub fn op_outputs(&self, op: &str) -> Vec<String> {
        names(&self.op(op)["outputs"])
    }

    /// The result names of an op, in the order of their index.
    pub fn op_results(&self, op: &str) -> Vec<String> {
        names(&self.op(op)["results"])
    }

    /// The live parameter names, in the order of their index.
    pub fn live_params(&self) -> Vec<String> {
        names(&self.live()["params"])
    }

    /// The options of a live choice, in the order of their index.
    pub fn live_options(&self, param: &str) -> Vec<String> {
        let params = list(&self.live()["params"]);
        let found = params.iter().find(|p| p["name"].as_str() == Some(param));
        texts(&found.unwrap_or_else(|| panic!("no live parameter {param}"))["options"])
    }

    /// The permissions that it asks for, as `inos plugin grant` names them: `now`, `read:photos`.
    pub fn permissions(&self) -> Vec<String> {
        let asked = list(&self.0["permissions"]).iter();
        asked
            .map(|permission| match permission["scope"].as_str() {
                Some(scope) => format!("{}:{scope}", name(permission)),
                None => name(permission),
            })
            .collect()
    }

    pub(crate) fn number_of(&self, op: &str) -> u32 {
        op_number(self.op(op))
    }

    pub(crate) fn op_ports(&self, op: &str) -> &[Json] {
        list(&self.op(op)["outputs"])
    }

    pub(crate) fn op_settings(&self, op: &str) -> Settings {
        Settings::new(list(&self.op(op)["params"]))
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new(list(&self.0["settings"]))
    }

    pub(crate) fn live_settings(&self) -> Settings {
        Settings::new(list(&self.live()["params"]))
    }

    pub(crate) fn limit(&self, name: &str) -> u64 {
        self.0["limits"][name].as_u64().unwrap_or(0)
    }

    /// The live object of the only unit that has one.
    pub(crate) fn live(&self) -> &Json {
        let units = list(&self.0["units"]);
        match units.iter().find(|unit| unit["live"].is_object()) {
            Some(unit) => &unit["live"],
            None => panic!("the manifest has no live unit"),
        }
    }

    fn op(&self, op: &str) -> &Json {
        match self
            .all_ops()
            .find(|found| found["name"].as_str() == Some(op))
        {
            Some(found) => found,
            None => panic!("the manifest has no op {op}"),
        }
    }

    fn all_ops(&self) -> impl Iterator<Item = &Json> {
        list(&self.0["units"])
            .iter()
            .flat_map(|unit| list(&unit["ops"]))
    }
}

/// Parameters with their values, which begin as the defaults.
pub(crate) struct Settings {
    params: Vec<Json>,
    values: Vec<Value>,
}

impl Settings {
    fn new(params: &[Json]) -> Self {
        let values = params.iter().map(default_of).collect();
        Self {
            params: params.to_vec(),
            values,
        }
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        self.values.clone()
    }

    /// The values; a secret that nobody has set is none.
    pub(crate) fn known(&self) -> Vec<Option<Value>> {
        let unset = |param: &Json, value: &Value| {
            param["secret"].as_bool() == Some(true) && *value == Value::from("")
        };
        let pairs = self.params.iter().zip(&self.values);
        pairs
            .map(|(param, value)| (!unset(param, value)).then(|| value.clone()))
            .collect()
    }

    pub(crate) fn integer(&self, param: &str) -> i64 {
        self.values[self.index(param)].as_i64()
    }

    /// Sets a value as the host would: right kind, in range, a known option.
    pub(crate) fn set(&mut self, param: &str, value: Value) {
        let index = self.index(param);
        self.values[index] = checked(&self.params[index], value);
    }

    fn index(&self, param: &str) -> usize {
        match self
            .params
            .iter()
            .position(|p| p["name"].as_str() == Some(param))
        {
            Some(index) => index,
            None => panic!(
                "no parameter {param}; there are {:?}",
                names_of(&self.params)
            ),
        }
    }
}

fn default_of(param: &Json) -> Value {
    let default = &param["default"];
    let value = match param["kind"].as_str() {
        Some("number") => Value::Number(default.as_f64().unwrap_or(0.0)),
        Some("integer") => Value::Integer(default.as_i64().unwrap_or(0)),
        Some("flag") => Value::Integer(default.as_bool().unwrap_or(false).into()),
        Some("choice") => match default.as_str() {
            Some(option) => Value::Text(option.into()),
            None => Value::Integer(default.as_i64().unwrap_or(0)),
        },
        Some("text") => Value::Text(default.as_str().unwrap_or("").into()),
        kind => panic!("parameter {}: kind {kind:?}", name(param)),
    };
    checked(param, value)
}

fn checked(param: &Json, value: Value) -> Value {
    match (param["kind"].as_str(), value) {
        (Some("number"), Value::Text(_)) | (Some("integer"), Value::Text(_)) => {
            panic!("parameter {} takes no text", name(param))
        }
        (Some("number"), value) => Value::Number(in_range(param, value.as_f64())),
        (Some("integer"), value) => {
            in_range(param, value.as_f64());
            Value::Integer(value.as_i64())
        }
        (Some("choice"), Value::Text(option)) => Value::Integer(index_of(param, &option)),
        (Some("choice"), value) => {
            let count = list(&param["options"]).len() as i64;
            let index = value.as_i64();
            assert!(
                (0..count).contains(&index),
                "{}: no option {index}",
                name(param)
            );
            Value::Integer(index)
        }
        (Some("text"), Value::Text(text)) => {
            let most = param["maxBytes"].as_u64().unwrap_or(0);
            assert!(
                text.len() as u64 <= most,
                "{}: over {most} bytes",
                name(param)
            );
            Value::Text(text)
        }
        (Some("flag"), value) => Value::Integer((value.as_f64() != 0.0).into()),
        (_, value) => panic!("parameter {} cannot be {value:?}", name(param)),
    }
}

fn in_range(param: &Json, value: f64) -> f64 {
    let bound = |key: &str, open: f64| param[key].as_f64().unwrap_or(open);
    let (min, max) = (bound("min", f64::NEG_INFINITY), bound("max", f64::INFINITY));
    assert!(
        (min..=max).contains(&value),
        "{}: {value} not in {min} to {max}",
        name(param)
    );
    value
}

fn index_of(param: &Json, option: &str) -> i64 {
    let options = list(&param["options"]);
    match options
        .iter()
        .position(|known| known.as_str() == Some(option))
    {
        Some(index) => index as i64,
        None => panic!("{} has no option {option}", name(param)),
    }
}

pub(crate) fn list(json: &Json) -> &[Json] {
    json.as_list()
}

fn texts(json: &Json) -> Vec<String> {
    list(json)
        .iter()
        .map(|text| text.as_str().unwrap_or_default().into())
        .collect()
}

fn names(json: &Json) -> Vec<String> {
    names_of(list(json))
}

fn names_of(items: &[Json]) -> Vec<String> {
    items.iter().map(name).collect()
}

fn name(item: &Json) -> String {
    match item["name"].as_str() {
        Some(name) => name.into(),
        None => panic!("an item without a name: {item:?}"),
    }
}

fn op_number(op: &Json) -> u32 {
    // The schema's default: a number that is not written is 0.
    op["number"].as_u64().unwrap_or(0) as u32
}
