//! What the editor tells of its settings, in the two ways that the protocol has.

use serde_json::Value;

use super::merge::retold;

/// All that was told so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// At the start, and whenever the editor sent some. It may have sent a part (a token alone), so what it does not
    /// name stays.
    sent: Value,
    /// The answer when it was asked last: all that it has, so what is not in it is set no longer.
    answered: Value,
}

impl Told {
    /// The editor sent settings; whether anything changed.
    pub fn sent(&mut self, settings: &Value) -> bool {
        self.change(|told| retold(&mut told.sent, settings))
    }

    /// The editor was asked and answered; whether anything changed.
    pub fn answered(&mut self, settings: Value) -> bool {
        self.change(|told| told.answered = settings)
    }

    /// The settings together; what was asked for counts more.
    pub fn all(&self) -> Value {
        let mut all = self.sent.clone();
        retold(&mut all, &self.answered);
        all
    }

    fn change(&mut self, change: impl FnOnce(&mut Told)) -> bool {
        let before = self.all();
        change(self);
        before != self.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_answer_names_no_longer_is_set_no_longer() {
        let mut told = Told::default();
        assert!(told.sent(&json!({"hub": {"url": "https://hub"}})));
        assert!(told.answered(json!({"features": {"disabled": ["hover"]}})));
        assert!(told.sent(&json!({"token": "t"})));
        assert_eq!(
            told.all(),
            json!({"hub": {"url": "https://hub"}, "token": "t", "features": {"disabled": ["hover"]}})
        );
        assert!(told.answered(json!({})));
        assert_eq!(told.all(), json!({"hub": {"url": "https://hub"}, "token": "t"}));
        // an editor that knows no such settings answers null
        assert!(!told.answered(Value::Null));
        // what is taken back by name counts, wherever it was told first
        assert!(told.answered(json!({"token": null})));
        assert_eq!(told.all()["token"], Value::Null);
    }
}
