//! Lists of templates, which change in place as Python's do.

use std::sync::{Arc, Mutex};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

/// A list that can be appended to, as Python's can.
#[derive(Debug)]
pub(super) struct List(pub(super) Mutex<Vec<Value>>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let list = self.0.lock().ok()?;
        let at = key.as_i64()?;
        let at = if at < 0 {
            list.len().checked_sub(usize::try_from(-at).ok()?)?
        } else {
            usize::try_from(at).ok()?
        };
        list.get(at).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.lock().map(|list| list.clone()).unwrap_or_default())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let Ok(mut list) = self.0.lock() else {
            return Ok(Value::from(()));
        };
        let argument = args.first().cloned().unwrap_or_default();
        match name {
            "append" => list.push(argument),
            "extend" => {
                drop(list);
                let more: Vec<Value> = argument.try_iter()?.collect();
                if let Ok(mut list) = self.0.lock() {
                    list.extend(more);
                }
            }
            "pop" => return Ok(list.pop().unwrap_or_default()),
            "insert" => {
                let at = argument.as_usize().unwrap_or(0).min(list.len());
                list.insert(at, args.get(1).cloned().unwrap_or_default());
            }
            "count" => return Ok(Value::from(list.iter().filter(|item| **item == argument).count())),
            _ => return Err(Error::from(minijinja::ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}
