import type { Schema } from './migrate.ts'

/**
 * hot.sqlite: sessions, standings, providers' tokens, counters, nonces, bans, minted credentials, links that were mailed. A claim reads one row of one shallow
 * tree: a session's `key` is the first 53 bits of its id, so that inner pages hold integers only, and the row carries a copy of its
 * account's standing, which every change of the standing brings up to date in the same transaction. A join of the two cost a quarter more
 * among a million sessions.
 */
export const HOT_SCHEMA: Schema = {
  applicationId: 0x636b_6831,
  steps: [
    `
    CREATE TABLE standing (
      account TEXT PRIMARY KEY,
      generation INTEGER NOT NULL,
      roles TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
      key INTEGER PRIMARY KEY,
      id BLOB NOT NULL,
      account TEXT NOT NULL,
      account_generation INTEGER NOT NULL,
      account_roles TEXT NOT NULL,
      name TEXT NOT NULL,
      generation INTEGER NOT NULL,
      factors TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      authenticated_at INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      address TEXT NOT NULL,
      agent TEXT NOT NULL,
      traits TEXT NOT NULL,
      revoked_at INTEGER,
      revoked_because TEXT
    ) STRICT;
    CREATE INDEX session_by_account ON session (account);
    CREATE INDEX session_by_seen ON session (seen_at);
    CREATE INDEX session_by_created ON session (created_at);
    CREATE TABLE provider_grant (
      id TEXT PRIMARY KEY,
      session TEXT NOT NULL,
      provider TEXT NOT NULL,
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      sid TEXT,
      sealed TEXT NOT NULL,
      version INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      lease_owner TEXT,
      lease_until INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX provider_grant_by_session ON provider_grant (session);
    CREATE INDEX provider_grant_by_subject ON provider_grant (issuer, subject);
    CREATE INDEX provider_grant_by_sid ON provider_grant (issuer, sid) WHERE sid IS NOT NULL;
    CREATE INDEX provider_grant_by_expiry ON provider_grant (expires_at);
    CREATE TABLE counter (
      key BLOB PRIMARY KEY,
      arrival REAL NOT NULL,
      forget_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX counter_by_forget ON counter (forget_at);
    CREATE TABLE signal (
      key BLOB PRIMARY KEY,
      grp TEXT NOT NULL,
      arrival REAL NOT NULL,
      level REAL NOT NULL,
      before REAL NOT NULL,
      marks BLOB,
      forget_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX signal_by_group ON signal (grp, forget_at);
    CREATE INDEX signal_by_forget ON signal (forget_at);
    CREATE TABLE nonce (
      key BLOB PRIMARY KEY,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE denial (
      key BLOB PRIMARY KEY,
      not_before INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX denial_by_expiry ON denial (expires_at);
    CREATE INDEX nonce_by_expiry ON nonce (expires_at);
    CREATE TABLE ban (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      value TEXT NOT NULL,
      scope TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      rule TEXT,
      reason TEXT,
      prior INTEGER NOT NULL,
      lifted_at INTEGER,
      revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ban_by_key ON ban (kind, value);
    CREATE INDEX ban_by_end ON ban (ends_at);
    CREATE INDEX ban_by_revision ON ban (revision);
    CREATE TABLE ban_revision (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      revision INTEGER NOT NULL
    ) STRICT;
    INSERT INTO ban_revision (only, revision) VALUES (1, 0);
    CREATE TABLE minted (
      key TEXT PRIMARY KEY,
      sealed TEXT,
      expires_at INTEGER NOT NULL DEFAULT 0,
      refresh_at INTEGER NOT NULL DEFAULT 0,
      failed_until INTEGER NOT NULL DEFAULT 0,
      holder TEXT,
      lease_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    `,
    `
    CREATE TABLE reset (
      account TEXT PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      stamp TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX reset_by_expiry ON reset (expires_at);
    `,
    // For the lists of who is signed in: of the living only, so that they stay as short as what is shown.
    `
    CREATE INDEX session_living_by_created ON session (created_at) WHERE revoked_at IS NULL;
    CREATE INDEX session_living_by_address ON session (address, created_at) WHERE revoked_at IS NULL;
    `,
    // Added to every account's generation: one row ends all sessions of all accounts.
    `
    CREATE TABLE everyone (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      generation INTEGER NOT NULL
    ) STRICT;
    INSERT INTO everyone (only, generation) VALUES (1, 0);
    `,
    // Grows with whatever is ended in this file: by it an older copy of the file is told.
    'ALTER TABLE everyone ADD COLUMN ended INTEGER NOT NULL DEFAULT 0',
  ],
}
