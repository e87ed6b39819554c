"""Training: balanced batches, augmentation on the device, the loop."""
