//! A store to test, and how to open it again.

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_store::{Durability, Entropy, Faults, Keys, Store, StoreConfig, StoreError, Tx};
use placet_testing::{grant, postgres};
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A place for one database.
pub(crate) struct Place {
    pub(crate) config: StoreConfig,
    pub(crate) folder: TempDir,
}

impl Place {
    /// None when the engine is not installed; then the test has nothing to do.
    pub(crate) fn new(kind: Kind) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", folder.path().join("placet.db").display()),
            Kind::Postgres => postgres::server()?.database(),
        };
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.entropy = Entropy::seeded(1);
        config.durability = Durability::None;
        config.faults = Faults::default();
        Some(Self { config, folder })
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(self.config.clone()).unwrap()
    }
}

/// Runs `test` on a new store.
pub(crate) fn with_store(kind: Kind, test: impl FnOnce(&Store)) {
    if let Some(place) = Place::new(kind) {
        test(&place.open());
    }
}

/// Runs an act that may fail with the store only.
pub(crate) fn act<T: Send + 'static>(
    store: &Store,
    ctx: &Ctx,
    f: impl FnMut(&mut Tx, &Ctx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    store.act_blocking(grant(), ctx, f)
}

pub(crate) fn read<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.read_blocking(f).unwrap()
}

/// Sets a setting and records it: the smallest act there is.
pub(crate) fn set(store: &Store, ctx: &Ctx, name: &str, value: &str) -> Result<(), StoreError> {
    let (name, value) = (name.to_owned(), value.to_owned());
    act(store, ctx, move |tx, ctx| {
        insert(tx, ctx, &name, &value)?;
        tx.record(Entry::new("setting.changed").with("name", &name));
        Ok(())
    })
}

pub(crate) fn insert(tx: &mut Tx, ctx: &Ctx, name: &str, value: &str) -> Result<(), StoreError> {
    const SQL: &str = "
        insert into settings (name, value, changed_at, changed_by)
        values ($1, $2, $3, 'test')";

    tx.execute(SQL, &[&name, &value, &ctx.now]).map(drop)
}

pub(crate) fn value_of(store: &Store, name: &str) -> Option<String> {
    let name = name.to_owned();
    read(store, move |tx| placet_store::settings::find(tx, &name))
}

pub(crate) fn log_size(store: &Store) -> u64 {
    store.settle_ledger().unwrap();
    read(store, placet_store::ledger::size)
}
