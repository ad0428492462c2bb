import type { Schema } from './migrate.ts'

/** durable.sqlite: accounts, the vault's ciphertext, the audit trail. `vault.revision` counts the vault's writes, whoever makes them. */
export const DURABLE_SCHEMA: Schema = {
  applicationId: 0x636b_6431,
  steps: [
    `
    CREATE TABLE account (
      id TEXT PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      password TEXT,
      roles TEXT NOT NULL,
      disabled_at INTEGER,
      failures INTEGER NOT NULL,
      password_locked_at INTEGER,
      created_at INTEGER NOT NULL,
      password_changed_at INTEGER,
      last_login_at INTEGER,
      reset_required_at INTEGER
    ) STRICT;
    CREATE TABLE factor (
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      content TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      last_used_at INTEGER
    ) STRICT;
    CREATE INDEX factor_by_account ON factor (account);
    CREATE TABLE machine_key (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      digest TEXT NOT NULL,
      scopes TEXT NOT NULL,
      roles TEXT NOT NULL,
      sources TEXT NOT NULL,
      rate_max INTEGER NOT NULL,
      rate_ms INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      revoked_at INTEGER,
      last_used_at INTEGER,
      last_address TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX machine_key_by_name ON machine_key (name) WHERE revoked_at IS NULL;
    CREATE TABLE identity (
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      account TEXT NOT NULL,
      roles TEXT NOT NULL,
      linked_at INTEGER NOT NULL,
      last_login_at INTEGER,
      PRIMARY KEY (issuer, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX identity_by_account ON identity (account, linked_at);
    CREATE TABLE vault (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      vault_id TEXT,
      revision INTEGER NOT NULL
    ) STRICT;
    INSERT INTO vault (only, vault_id, revision) VALUES (1, NULL, 0);
    CREATE TABLE vault_slot (
      id TEXT PRIMARY KEY,
      provider TEXT NOT NULL,
      purpose TEXT NOT NULL,
      parameters TEXT NOT NULL,
      wrapped TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE vault_generation (
      number INTEGER PRIMARY KEY,
      wrapped TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE vault_record (
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      state TEXT NOT NULL,
      sealed TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      not_before INTEGER,
      not_after INTEGER,
      created_at INTEGER NOT NULL,
      last_used_at INTEGER,
      PRIMARY KEY (name, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      account TEXT,
      request TEXT,
      event TEXT NOT NULL,
      salt TEXT,
      digest TEXT NOT NULL,
      hash TEXT NOT NULL,
      amended TEXT
    ) STRICT;
    CREATE INDEX audit_by_kind ON audit (kind, seq);
    CREATE INDEX audit_by_account ON audit (account, seq) WHERE account IS NOT NULL;
    CREATE INDEX audit_by_request ON audit (request, seq) WHERE request IS NOT NULL;
    CREATE INDEX audit_by_time ON audit (at, seq);
    CREATE TABLE lockdown (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      since INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE audit_head (
      seq INTEGER PRIMARY KEY,
      hash TEXT NOT NULL,
      at INTEGER NOT NULL,
      signature TEXT NOT NULL
    ) STRICT;
    CREATE TABLE audit_cut (
      seq INTEGER PRIMARY KEY,
      hash TEXT NOT NULL,
      from_seq INTEGER NOT NULL UNIQUE,
      from_hash TEXT NOT NULL,
      at INTEGER NOT NULL,
      signature TEXT NOT NULL
    ) STRICT;
    `,
    `
    ALTER TABLE account ADD COLUMN mail TEXT;
    CREATE INDEX account_by_mail ON account (mail COLLATE NOCASE) WHERE mail IS NOT NULL;
    `,
    `
    CREATE TABLE IF NOT EXISTS hold (
      credential TEXT PRIMARY KEY,
      since INTEGER NOT NULL,
      rule TEXT,
      reason TEXT
    ) STRICT;
    `,
    'ALTER TABLE account ADD COLUMN language TEXT;',
  ],
}
