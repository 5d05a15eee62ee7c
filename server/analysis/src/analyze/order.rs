//! The order in which files are read: what makes a table before what reads it.

use std::collections::HashMap;

use super::drafts::{Drafts, catalog_name};
use super::units::Unit;

/// The numbers of the units, each after those that it reads from as far as there is no circle, and whether there is one.
pub(crate) fn order(units: &[Unit<'_>], drafts: &Drafts) -> (Vec<usize>, bool) {
    let mut makers = Makers::default();
    for (nth, unit) in units.iter().enumerate() {
        match unit.job.declared.and_then(|part| drafts.all.get(part.object)) {
            Some(draft) => {
                let name = catalog_name(&draft.fact.object_type, &draft.fact.full_name);
                makers.add(name.to_lowercase(), nth, true);
            }
            None => {
                for statement in &unit.read.statements {
                    if let Some(name) = &statement.provides {
                        makers.add(name.clone(), nth, statement.creates);
                    }
                }
            }
        }
    }
    let needs: Vec<Vec<usize>> = units
        .iter()
        .enumerate()
        .map(|(nth, unit)| makers.needs(nth, unit))
        .collect();
    after_needs(&needs)
}

/// Who makes which names.
#[derive(Default)]
struct Makers(HashMap<String, Vec<Maker>>);

struct Maker {
    name: String,
    unit: usize,
    /// Whether it makes what bears the name, rather than fills or alters it.
    creates: bool,
}

impl Makers {
    fn add(&mut self, name: String, unit: usize, creates: bool) {
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        self.0
            .entry(last)
            .or_default()
            .push(Maker { name, unit, creates });
    }

    fn needs(&self, nth: usize, unit: &Unit<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        for name in unit.read.statements.iter().flat_map(|statement| &statement.reads) {
            let name = unit
                .substitutes
                .get(name)
                .map_or_else(|| name.clone(), |known_as| known_as.to_lowercase());
            let last = name.rsplit('.').next().unwrap_or(&name);
            let fitting = || {
                let makers = self.0.get(last).into_iter().flatten();
                makers.filter(|maker| {
                    maker.name == name
                        || maker.name.ends_with(&format!(".{name}"))
                        || name.ends_with(&format!(".{}", maker.name))
                })
            };
            let writes = fitting().any(|maker| maker.unit == nth);
            let creates = fitting().any(|maker| maker.unit == nth && maker.creates);
            for maker in fitting().filter(|maker| maker.unit != nth) {
                // Of those that write the same, who creates it comes first, else who stands first: the order hangs on
                // nobody else.
                let comes_first = maker.unit < nth;
                let also_creates = fitting().any(|other| other.unit == maker.unit && other.creates);
                let needed = match (creates, also_creates) {
                    _ if !writes => true,
                    (true, true) | (false, false) => comes_first,
                    (_, also_creates) => also_creates,
                };
                if needed {
                    found.push(maker.unit);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Depth first, without recursion: chains of models are long.
fn after_needs(needs: &[Vec<usize>]) -> (Vec<usize>, bool) {
    let mut order = Vec::with_capacity(needs.len());
    let mut seen = vec![false; needs.len()];
    let mut done = vec![false; needs.len()];
    let mut is_circular = false;
    for root in 0..needs.len() {
        if seen[root] {
            continue;
        }
        seen[root] = true;
        let mut stack = vec![(root, 0)];
        while let Some((node, at)) = stack.pop() {
            match needs[node].get(at) {
                Some(next) => {
                    stack.push((node, at + 1));
                    if !seen[*next] {
                        seen[*next] = true;
                        stack.push((*next, 0));
                    } else if !done[*next] {
                        is_circular = true;
                    }
                }
                None => {
                    done[node] = true;
                    order.push(node);
                }
            }
        }
    }
    (order, is_circular)
}
