CREATE TABLE IF NOT EXISTS users (
  id            VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  -- Compared without regard to case, so that one mailbox has one account.
  email         VARCHAR(254) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL UNIQUE,
  name          VARCHAR(100) NOT NULL,
  role          VARCHAR(20)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'shopper',
  password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at    DATETIME(3)  NOT NULL
);

CREATE TABLE IF NOT EXISTS sessions (
  -- SHA-256 of the token: who reads this table cannot log in with it.
  token_hash  BINARY(32)  NOT NULL PRIMARY KEY,
  user_id     VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at  DATETIME(3) NOT NULL,
  ends_at     DATETIME(3) NOT NULL,
  KEY sessions_of_user (user_id),
  KEY sessions_by_expiry (expires_at)
);

CREATE TABLE IF NOT EXISTS revoked_sessions (
  -- Sessions kept in Redis that were ended by a log-out, until they would have ended by themselves: old data that Redis
  -- comes back with may not revive them.
  token_hash  BINARY(32)  NOT NULL PRIMARY KEY,
  ends_at     DATETIME(3) NOT NULL,
  KEY revoked_sessions_by_end (ends_at)
);

CREATE TABLE IF NOT EXISTS verification_codes (
  -- SHA-256 of the e-mail address in lower case.
  account       BINARY(32)       NOT NULL PRIMARY KEY,
  -- NULL when the code has been used.
  digest        BINARY(32)       NULL,
  attempts_left TINYINT UNSIGNED NOT NULL,
  issued_at     DATETIME(3)      NOT NULL,
  expires_at    DATETIME(3)      NOT NULL,
  KEY codes_by_expiry (expires_at)
);

-- Accounts whose e-mail address has proved to be their owner's, and when it last did.
CREATE TABLE IF NOT EXISTS verified_users (
  user_id     VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  verified_at DATETIME(3) NOT NULL
);

-- A row a user, so that a list cannot grow: ids with a space between them, the last one first.
CREATE TABLE IF NOT EXISTS recent_views (
  user_id     VARCHAR(40)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  product_ids VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  viewed_at   DATETIME(3)   NOT NULL
);
