"""Three layers of LSTM read handwritten digits, one row of pixels at a time.

TensorFlow 1, the way recurrent networks were written in 2018. Nothing has to be
installed to train it here: press "Train Model" above the cells.

What to do       Press "Train Model". 5,000 digits take half a minute; all digits, ten epochs, some 15 minutes.
What to look at  In the gate inspector pick a 7 and watch the forget gates dip where the pen turns.
What to expect   0.93 to 0.95 after one epoch, 0.984 to 0.989 after ten.
"""
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

# A digit is 28 rows of 28 pixels: 28 steps (时间步), 28 inputs at each step.
n_steps = 28
n_inputs = 28
n_neurons = 150  # units of each layer 每层神经元数
n_outputs = 10  # digits 0 to 9
n_layers = 3

learning_rate = 0.001
n_epochs = 10
batch_size = 150

mnist = input_data.read_data_sets("/tmp/data/")
X_test = mnist.test.images.reshape((-1, n_steps, n_inputs))
y_test = mnist.test.labels

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])

# A list comprehension, not [cell] * n_layers: every layer needs weights of its own.
lstm_cells = [tf.contrib.rnn.BasicLSTMCell(num_units=n_neurons)
              for layer in range(n_layers)]
multi_cell = tf.contrib.rnn.MultiRNNCell(lstm_cells)

# outputs: h of the top layer at every step  顶层每一步的 h
# states:  one (c, h) for each layer, after the last step  每层最后一步的 (c, h)
outputs, states = tf.nn.dynamic_rnn(multi_cell, X, dtype=tf.float32)
top_layer_h_state = states[-1][1]  # last layer, second of (c, h)

logits = tf.layers.dense(top_layer_h_state, n_outputs, name="softmax")
xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
loss = tf.reduce_mean(xentropy, name="loss")
optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate)
training_op = optimizer.minimize(loss)

correct = tf.nn.in_top_k(logits, y, 1)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

init = tf.global_variables_initializer()

with tf.Session() as sess:
    init.run()
    for epoch in range(n_epochs):
        for iteration in range(mnist.train.num_examples // batch_size):
            X_batch, y_batch = mnist.train.next_batch(batch_size)
            X_batch = X_batch.reshape((batch_size, n_steps, n_inputs))
            sess.run(training_op, feed_dict={X: X_batch, y: y_batch})
        acc_train = accuracy.eval(feed_dict={X: X_batch, y: y_batch})
        acc_test = accuracy.eval(feed_dict={X: X_test, y: y_test})
        print("Epoch", epoch, "Train accuracy =", acc_train, "Test accuracy =", acc_test)
