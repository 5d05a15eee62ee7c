//! `app_settings`: what people set while the hub runs. It wins over the environment and `hub.toml`
//! (contract.md, "Seed 000").

use crate::{
    Store,
    database::{Scope, Time, query, transact},
    error::Result,
};

impl Store {
    /// The value of a setting, where it was set.
    pub async fn setting(&self, key: &str) -> Result<Option<String>> {
        let mut tx = self.database().look(Scope::Hub).await?;
        let row = query("SELECT value FROM app_settings WHERE key = $1")
            .bind(key)
            .fetch_optional(&mut tx)
            .await?;
        Ok(row.map(|row| row.try_get("value")).transpose()?)
    }

    /// Sets all of these, or none.
    pub async fn set_settings(&self, settings: &[(&str, String)]) -> Result<()> {
        transact!(self.database(), Scope::Hub, |tx| {
            for (key, value) in settings {
                query(
                    "INSERT INTO app_settings (key, value, updated_at) VALUES ($1, $2, $3)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                )
                .bind(*key)
                .bind(value)
                .bind(Time::now())
                .execute(tx)
                .await?;
            }
            Ok(())
        })
    }
}
