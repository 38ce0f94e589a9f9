import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

export interface Order {
  readonly id: string;
  readonly item: string;
  readonly quantity: number;
  readonly placedAt: string;
}

const COLUMNS = 'id, item, quantity, placed_at AS "placedAt"';

@Injectable()
export class OrdersService {
  constructor(private readonly database: DatabaseService) {}

  async place(item: string, quantity: number): Promise<Order> {
    const [order] = await this.database.query<Order>(`INSERT INTO orders (item, quantity) VALUES ($1, $2) RETURNING ${COLUMNS}`, [item, quantity]);
    return order;
  }

  async find(id: string): Promise<Order | undefined> {
    const [order] = await this.database.query<Order>(`SELECT ${COLUMNS} FROM orders WHERE id = $1`, [id]);
    return order;
  }

  async latest(): Promise<Order[]> {
    return this.database.query<Order>(`SELECT ${COLUMNS} FROM orders ORDER BY id DESC LIMIT 10`);
  }
}
