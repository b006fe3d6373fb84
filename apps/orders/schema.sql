CREATE TABLE IF NOT EXISTS orders (
  -- Made later, sorts later: a user's newest orders are the last of the index.
  id          VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  user_id     VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- placed, paying, paid or cancelled
  status      VARCHAR(20)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total_cents BIGINT UNSIGNED NOT NULL,
  -- The payment that holds the order or paid it, or the last one that gave it back.
  payment_id  VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at  DATETIME(3)     NOT NULL,
  KEY orders_of_user (user_id, id),
  -- All customers' newest of a status, and what was sold in a span, without a look at the rows.
  KEY orders_of_status (status, id, created_at, total_cents)
);

CREATE TABLE IF NOT EXISTS order_lines (
  order_id         VARCHAR(40)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  position         TINYINT UNSIGNED  NOT NULL,
  product_id       VARCHAR(40)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Name and price as they were when the order was placed.
  name             VARCHAR(200)      NOT NULL,
  unit_price_cents INT UNSIGNED      NOT NULL,
  quantity         SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (order_id, position)
);

-- Written in the order's own transaction: a key is here exactly if its order is. Where the stock is in another database it is written
-- first, and gone again if the order is refused.
CREATE TABLE IF NOT EXISTS order_keys (
  user_id         VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash    BINARY(32)   NOT NULL,
  order_id        VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- NULL once the order is placed; until then whoever asked for it has so long.
  pending_until   DATETIME(3)  NULL,
  PRIMARY KEY (user_id, idempotency_key),
  KEY pending (pending_until, order_id)
);

-- Cancelled orders whose pieces need not be back on the shelf yet, where that is in another database: they are tried until they are.
CREATE TABLE IF NOT EXISTS owed_returns (
  order_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  due_at   DATETIME(3) NOT NULL
);

-- A row for each customer who has put something into the cart. Who puts something in locks it, so that no cart has too many products.
CREATE TABLE IF NOT EXISTS carts (
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS cart_items (
  user_id    VARCHAR(40)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  product_id VARCHAR(40)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  quantity   SMALLINT UNSIGNED NOT NULL,
  put_at     DATETIME(3)       NOT NULL,
  PRIMARY KEY (user_id, product_id)
);
