//! An analysis that remembers says what one from scratch says.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::analysis::files;
use super::robustness::{Numbers, mutate};
use crate::{Memo, Options, SourceFile, analyze, analyze_watched, analyze_with};

const PROJECT: &str = "//- dbt_project.yml\nname: p\nvars: {x: a}\n//- macros/m.sql\n{% macro m(c) %}coalesce({{ c }}, 0){% endmacro %}\n//- models/a.sql\nselect id, {{ m('amount') }} as amount, {{ var('x') }} as v from {{ source('raw', 'orders') }}\n//- models/b.sql\nselect *, amount + 1 as more from {{ ref('a') }}\n//- models/c.sql\n{% for c in ['id', 'more'] %}{% if loop.first %}select{% endif %} {{ c }} as {{ c }}_x{{ ',' if not loop.last }} {% endfor %} from {{ ref('b') }}\n//- models/d.sql\nselect c.*, a.v from {{ ref('c') }} c join {{ ref('a') }} a on a.id = c.id_x\n//- models/s.yml\nmodels: [{name: a, columns: [{name: id, data_type: int, tests: [unique]}]}]\nsources: [{name: raw, tables: [{name: orders, columns: [{name: id}, {name: amount}]}]}]\n//- snapshots/s.sql\n{% snapshot one %}select * from {{ ref('b') }}{% endsnapshot %}\n{% snapshot two %}select id from {{ ref('one') }}{% endsnapshot %}\n//- seeds/k.csv\na,b\n1,x\n//- sql/t.sql\ncreate table t (a int, b text);\ncreate view v as select * from t;\ninsert into u select * from v;\n//- sql/u.sql\ncreate table u (x int, y text);\nselect x, y from u;\nwith w as (insert into t select 1, 'b' returning a) select * from w;\n//- sql/v.sql\ncreate table w as select v.*, u.x from v, u;\nselect * from w\n";

#[test]
fn remembering_changes_nothing() {
    let mut numbers = Numbers(11);
    for _ in 0..12 {
        let mut project = files(PROJECT);
        let mut memo = Memo::default();
        for _ in 0..14 {
            let options = Options::default();
            let remembered = analyze_with(&mut memo, &project, &options);
            assert_eq!(remembered, analyze(&project, &options));
            assert_eq!(
                remembered,
                analyze_with(&mut memo, &project, &options),
                "nothing changed"
            );
            let nth = numbers.below(project.len());
            match numbers.below(8) {
                0 => drop(project.remove(nth)),
                1 => {
                    let original = files(PROJECT);
                    let at = numbers.below(original.len());
                    project.retain(|file| file.path != original[at].path);
                    project.push(original[at].clone());
                }
                2 => project[nth].text = project[nth].text.replace("id", "key"),
                3 => project[nth].text = project[nth].text.replace("amount", "id, amount"),
                4 => {
                    let text = project[numbers.below(project.len())].text.clone();
                    project.push(SourceFile {
                        path: format!("models/n{}.sql", numbers.below(3)),
                        text,
                    });
                    project.dedup_by(|a, b| a.path == b.path);
                }
                _ => project[nth].text = mutate(&project[nth].text, &mut numbers),
            }
            let mut seen = std::collections::HashSet::new();
            project.retain(|file| seen.insert(file.path.clone()));
        }
    }
}

#[test]
fn an_analysis_tells_how_far_it_is_and_can_be_stopped() {
    let project = files(PROJECT);
    let options = Options::default();
    let (last, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let facts = analyze_watched(&mut Memo::default(), &project, &options, &|done, of| {
        last.fetch_max(done, Ordering::Relaxed);
        total.fetch_max(of, Ordering::Relaxed);
        true
    });
    assert_eq!(facts, Some(analyze(&project, &options)));
    assert!(total.load(Ordering::Relaxed) > 0);
    assert_eq!(
        last.load(Ordering::Relaxed),
        total.load(Ordering::Relaxed),
        "it ends with all steps done"
    );
    for stop in 0..total.load(Ordering::Relaxed) {
        let mut memo = Memo::default();
        let stopped = analyze_watched(&mut memo, &project, &options, &|done, _| done < stop);
        assert_eq!(stopped, None);
        assert_eq!(
            analyze_with(&mut memo, &project, &options),
            analyze(&project, &options)
        );
    }
}
