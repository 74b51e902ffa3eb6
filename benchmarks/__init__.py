"""Runnable measurements that print tables; nothing here is asserted."""
