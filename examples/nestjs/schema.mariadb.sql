CREATE TABLE orders (
  id bigint AUTO_INCREMENT PRIMARY KEY,
  item text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  placed_at timestamp NOT NULL DEFAULT now()
)
