import { BadRequestException, Body, Controller, Get, NotFoundException, Param, ParseIntPipe, Post } from '@nestjs/common';
import { OrdersService, type Order } from './orders.service.js';

const MAX_QUANTITY = 1000;

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  async place(@Body('item') item: unknown, @Body('quantity') quantity: unknown): Promise<Order> {
    if (typeof item !== 'string' || item === '') { throw new BadRequestException('item: give a text'); }
    if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY) {
      throw new BadRequestException(`quantity: give a whole number from 1 to ${MAX_QUANTITY}`);
    }
    return this.orders.place(item, quantity);
  }

  @Get()
  async latest(): Promise<Order[]> {
    return this.orders.latest();
  }

  @Get(':id')
  async find(@Param('id', ParseIntPipe) id: number): Promise<Order> {
    const order = await this.orders.find(String(id));
    if (!order) { throw new NotFoundException(); }
    return order;
  }
}
