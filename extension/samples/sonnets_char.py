"""Learns to write the next letter of Shakespeare's sonnets.

sonnets.txt is plain text: Train Model makes numbers of its characters and windows of 40 of them. In the gate
inspector, watch which units change at the ends of words and lines.

Five sonnets are few: with seed 42 the next letter of the test part is told right 0.345 of the time after three epochs
(the best) and 0.28 after thirty, while the training part goes to 0.95: it learns them by heart. A longer text of your
own does better.
"""
import tensorflow as tf
from tensorflow.keras import layers

# rnn: data=sonnets.txt epochs=30 batch_size=16
model = tf.keras.Sequential([
    tf.keras.Input(shape=(40,)),
    layers.Embedding(64, 24),
    layers.LSTM(96, return_sequences=True),
    layers.Dense(64),
])
model.compile(
    optimizer=tf.keras.optimizers.Adam(0.005),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
