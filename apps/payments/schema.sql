-- A payment is its own idempotency key: the one row is written before the bank is asked and holds the outcome afterwards.
CREATE TABLE IF NOT EXISTS payments (
  id              VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  user_id         VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(255)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash    BINARY(32)      NOT NULL,
  order_id        VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  card            VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- started, captured or declined
  status          VARCHAR(20)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Until then whoever took the lease works on the payment; afterwards anybody may go on with it.
  lease_until     DATETIME(3)     NOT NULL,
  amount_cents    BIGINT UNSIGNED NULL,
  charge_id       VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at      DATETIME(3)     NOT NULL,
  UNIQUE KEY one_for_a_key (user_id, idempotency_key),
  KEY unfinished (status, lease_until)
);
