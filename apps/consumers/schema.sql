-- What became of each order, event by event: for whoever asks later.
CREATE TABLE IF NOT EXISTS order_history (
  number      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  event_id    CHAR(26)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id    VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id     VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- placed, paid or cancelled
  type        VARCHAR(20)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total_cents BIGINT UNSIGNED NOT NULL,
  happened_at DATETIME(3)     NOT NULL,
  UNIQUE KEY of_event (event_id),
  KEY of_order (order_id, number),
  KEY by_day (happened_at, type)
);

-- Pieces in paid orders.
CREATE TABLE IF NOT EXISTS product_sales (
  product_id VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  pieces     BIGINT UNSIGNED NOT NULL,
  KEY most (pieces, product_id)
);
