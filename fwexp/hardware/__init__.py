"""What each kind of hardware and each precision means; imports nothing of fwexp but its errors."""
