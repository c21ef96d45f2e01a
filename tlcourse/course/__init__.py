"""The course itself: claims and their register, quizzes, prices."""
