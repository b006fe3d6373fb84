/** The shop's own statements, as its query builder sends them (a test compares the two), for the bare handlers of the benchmark. */
export const SELECT_PRODUCT =
  'select `p`.`id`, `p`.`name`, `p`.`description`, `p`.`price_cents`, `p`.`stock`, `p`.`popularity`, `p`.`category_id`, `c`.`name` as `category_name` from `products` as `p` inner join `categories` as `c` on `c`.`id` = `p`.`category_id` where `p`.`id` = ?'
export const SELECT_RELATED =
  'select `id`, `name`, `price_cents` from `products` where `category_id` = ? and `id` != ? order by `popularity` desc, `id` desc limit ?'
/** The answer of both in one statement, as the best handler would ask. Not one of the shop's. */
export const SELECT_PAGE =
  'select `p`.`id`, `p`.`name`, `p`.`description`, `p`.`price_cents`, `p`.`stock`, `p`.`popularity`, `p`.`category_id`, `c`.`name` as `category_name`, `r`.`id` as `related_id`, `r`.`name` as `related_name`, `r`.`price_cents` as `related_price_cents` from `products` as `p` inner join `categories` as `c` on `c`.`id` = `p`.`category_id` left join `products` as `r` on `r`.`category_id` = `p`.`category_id` and `r`.`id` != `p`.`id` where `p`.`id` = ? order by `r`.`popularity` desc, `r`.`id` desc limit ?'
export const SELECT_SESSION =
  'select `u`.`id`, `u`.`email`, `u`.`name`, `u`.`role`, `s`.`expires_at`, `s`.`ends_at` from `sessions` as `s` inner join `users` as `u` on `u`.`id` = `s`.`user_id` where `s`.`token_hash` = ?'
export const BEGIN = 'begin'
export const INSERT_KEY =
  'insert into `order_keys` (`user_id`, `idempotency_key`, `request_hash`, `order_id`) values (?, ?, ?, ?)'
export const LOCK_PRODUCTS =
  'select `id`, `name`, `price_cents`, `stock` from `products` where `id` in (?) order by `id` for update'
export const TAKE_STOCK =
  'update `products` set `stock` = stock - case id when ? then ? end where `id` in (?) and `stock` >= case id when ? then ? end'
export const INSERT_ORDER =
  'insert into `orders` (`id`, `user_id`, `status`, `total_cents`, `payment_id`, `created_at`) values (?, ?, ?, ?, ?, ?)'
export const INSERT_LINE =
  'insert into `order_lines` (`order_id`, `position`, `product_id`, `name`, `unit_price_cents`, `quantity`) values (?, ?, ?, ?, ?, ?)'
export const COMMIT = 'commit'

/** A rate limit in MySQL, to compare with. Not one of the shop's statements. */
export const CREATE_WINDOWS =
  'create table limit_windows (name varchar(100) not null primary key, count int not null, ends_at datetime(3) not null)'
export const COUNT_IN_WINDOW =
  'insert into limit_windows (name, count, ends_at) values (?, 1, now(3) + interval 1 minute) on duplicate key update count = if(ends_at > now(3), count + 1, 1), ends_at = if(ends_at > now(3), ends_at, now(3) + interval 1 minute)'
export const SELECT_WINDOW = 'select count, ends_at from limit_windows where name = ?'
