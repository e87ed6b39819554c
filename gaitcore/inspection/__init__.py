"""What a trained network looks at: the numbers behind the paper's Fig. 3 and Fig. 4, of one run at a time."""
