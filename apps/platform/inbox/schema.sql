-- What a consumer has done, written in the transaction in which it does it: what is delivered again is left out.
CREATE TABLE IF NOT EXISTS inbox (
  consumer   VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  handled_at DATETIME(3) NOT NULL,
  PRIMARY KEY (consumer, event_id),
  KEY by_age (handled_at)
);

-- What a consumer could not do, and what came after it of the same subject: in this order it is to be done.
CREATE TABLE IF NOT EXISTS dead_letters (
  number   BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  consumer VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  event_id VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Empty where nobody can tell.
  subject  VARCHAR(40)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The fields of its entry, as JSON.
  fields   MEDIUMTEXT      NOT NULL,
  reason   VARCHAR(500)    NOT NULL,
  died_at  DATETIME(3)     NOT NULL,
  UNIQUE KEY of_event (consumer, event_id),
  KEY of_subject (consumer, subject, number)
);
