//! The migrations are embedded at compile time: a new file there must lead to a new build.

fn main() {
    for database in ["sqlite", "postgres"] {
        println!("cargo:rerun-if-changed=../../schemas/hub/{database}");
    }
}
