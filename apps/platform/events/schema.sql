-- What is to be told of what happened, written in the transaction in which it happens. It stays for a day after it was sent.
CREATE TABLE IF NOT EXISTS outbox (
  -- The order in which a subject's events are sent: a later one is written when the one before is committed.
  number     BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id         CHAR(26)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Whose events keep their order: the id of an order.
  subject    VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body       TEXT            NOT NULL,
  written_at DATETIME(3)     NOT NULL,
  -- Of which trace it is a part, where there are traces: whoever sends and handles it goes on with that.
  traceparent CHAR(55)       CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- The time in the id of its entry in the stream, or of a later one that was sent with it; NULL until it was sent.
  sent_ms    BIGINT UNSIGNED NULL,
  KEY unsent (sent_ms, number)
);

-- How far the outbox has come with a stream: what a Redis that has less than this has lost.
CREATE TABLE IF NOT EXISTS outbox_streams (
  stream     VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  last_entry VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- With what has an earlier time in its id all groups of consumers are done.
  settled_ms BIGINT UNSIGNED NOT NULL
);
