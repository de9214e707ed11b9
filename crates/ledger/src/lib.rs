//! placet-ledger
