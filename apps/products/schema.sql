CREATE TABLE IF NOT EXISTS categories (
  id   VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  name VARCHAR(100) NOT NULL
);

CREATE TABLE IF NOT EXISTS products (
  id          VARCHAR(40)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  category_id VARCHAR(40)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name        VARCHAR(200)  NOT NULL,
  description VARCHAR(2000) NOT NULL,
  price_cents INT UNSIGNED  NOT NULL,
  stock       INT UNSIGNED  NOT NULL,
  -- Expected visits in a million; lists show the most popular first.
  popularity  INT UNSIGNED  NOT NULL,
  -- One index for each order that a list can have, with and without a category; the id makes the order total.
  KEY by_popularity (popularity, id),
  KEY by_price (price_cents, id),
  KEY by_category_popularity (category_id, popularity, id),
  KEY by_category_price (category_id, price_cents, id)
);

-- One sale a product: the last that was opened. What is left of it is the product's stock.
CREATE TABLE IF NOT EXISTS flash_sales (
  product_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  ends_at    DATETIME(3) NOT NULL,
  KEY sales_by_end (ends_at)
);

-- Written in the transaction that opens the sale: a key is here exactly if its sale was opened, and with it what was answered.
CREATE TABLE IF NOT EXISTS flash_sale_keys (
  user_id         VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_hash    BINARY(32)   NOT NULL,
  product_id      VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  pieces          INT UNSIGNED NOT NULL,
  ends_at         DATETIME(3)  NOT NULL,
  PRIMARY KEY (user_id, idempotency_key)
);

-- What an order holds where its own row need not be in this database. It stays as long as the order, whose pieces may come back; and as
-- it stays when they have, a take that arrives late takes nothing. That of an order that was never placed goes after an hour.
CREATE TABLE IF NOT EXISTS reservations (
  order_id   VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  -- held, kept or returned
  state      VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- When somebody has to look what became of the order, whose own database decides; NULL once that is known. Of one that was returned:
  -- when it may go.
  expires_at DATETIME(3) NULL,
  -- As JSON: products, quantities, and names and prices as they were.
  `lines`    TEXT        NOT NULL,
  KEY unsettled (expires_at, order_id)
);
